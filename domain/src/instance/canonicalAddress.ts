import { isIP } from 'node:net'

/** An IP address in the form that rules are written for: without zone, and IPv4 where IPv6 only carries one (::ffff:0:0/96, 64:ff9b::/96). */
export function canonicalAddress(address: string): { address: string; family: 'ipv4' | 'ipv6' } {
  const withoutZone = address.replace(/%.*$/, '')
  if (isIP(withoutZone) === 4) return { address: withoutZone, family: 'ipv4' }
  const compressed = new URL(`http://[${withoutZone}]`).hostname.slice(1, -1)
  const carried = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(compressed)
  if (!carried) return { address: compressed, family: 'ipv6' }
  const [high, low] = [carried[1], carried[2]].map((digits) => parseInt(digits ?? '0', 16)) as [
    number,
    number,
  ]
  return { address: [high >> 8, high & 255, low >> 8, low & 255].join('.'), family: 'ipv4' }
}
