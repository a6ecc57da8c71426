import { isIP } from 'node:net'

/**
 * An IP address in the form that rules are written for: without zone, and IPv4 where IPv6 only carries one: mapped (RFC 4291 2.5.5.2),
 * compatible (2.5.5.1), translated by NAT64's well-known prefix (RFC 6052) or by SIIT (RFC 2765), and 6to4 (RFC 3056).
 */
export function canonicalAddress(address: string): { address: string; family: 'ipv4' | 'ipv6' } {
  const withoutZone = address.replace(/%.*$/, '')
  if (isIP(withoutZone) === 4) return { address: withoutZone, family: 'ipv4' }
  const compressed = new URL(`http://[${withoutZone}]`).hostname.slice(1, -1)
  const carried = carriedAddress(groupsOf(compressed))
  return carried === null ? { address: compressed, family: 'ipv6' } : { address: carried, family: 'ipv4' }
}

function carriedAddress(groups: number[]): string | null {
  const [first = 0, second = 0, third = 0] = groups
  if (first === 0x2002) return dotted(second, third)
  const [high = 0, low = 0] = groups.slice(6)
  const prefix = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(':')
  // `::` and `::1` carry nothing: they are IPv6's own.
  if (prefix === '0:0:0:0:0:0') return high === 0 && low <= 1 ? null : dotted(high, low)
  return carriers.has(prefix) ? dotted(high, low) : null
}

/** First six groups of an address whose last two are an IPv4 address. */
const carriers = new Set(['0:0:0:0:0:ffff', '0:0:0:0:ffff:0', '64:ff9b:0:0:0:0'])

const dotted = (high: number, low: number) => [high >> 8, high & 255, low >> 8, low & 255].join('.')

/** The eight groups of an IPv6 address in hexadecimal, with or without `::`. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const read = (part: string) => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)))
  if (tail === undefined) return read(head)
  const [before, after] = [read(head), read(tail)]
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}
