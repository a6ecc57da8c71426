import { BlockList, isIP } from 'node:net'
import type { Endpoint, Engine } from '@sre-portal/contracts'
import { canonicalAddress } from './canonicalAddress.ts'

/** Networks in which targets may be although such addresses are refused otherwise. */
export type AllowedNetworks = BlockList

// Nobody's database is there, but the portal's own parts and the credentials that clouds hand to their machines are: the special-purpose
// registries of IANA (RFC 6890), the metadata addresses of AWS, Google and Oracle over IPv6, of Alibaba, Azure and Oracle, and prefixes
// of IPv6 behind which an IPv4 address is that can't be read out of them.
const refusedNetworks: [network: string, prefix: number, what: string][] = [
  ['127.0.0.0', 8, 'the machine of the executor itself'],
  ['::1', 128, 'the machine of the executor itself'],
  ['0.0.0.0', 8, 'the machine of the executor itself'],
  ['::', 128, 'the machine of the executor itself'],
  ['169.254.0.0', 16, 'link-local, where clouds keep credentials'],
  ['fe80::', 10, 'link-local'],
  ['fd00:ec2::254', 128, 'a cloud’s metadata service'],
  ['fd20:ce::254', 128, 'a cloud’s metadata service'],
  ['fd00:c1::a9fe:a9fe', 128, 'a cloud’s metadata service'],
  ['100.100.100.200', 32, 'a cloud’s metadata service'],
  ['168.63.129.16', 32, 'a cloud’s metadata service'],
  ['192.0.0.0', 24, 'a cloud’s metadata service'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
  ['ff00::', 8, 'multicast'],
  ['fec0::', 10, 'site-local, which is deprecated'],
  ['100::', 64, 'a prefix that is discarded'],
  ['64:ff9b:1::', 48, 'a translation to an IPv4 address that can not be read out of it'],
  ['2001::', 32, 'a tunnel (Teredo) to an IPv4 address'],
]
const refused = refusedNetworks.map(([network, prefix, what]) => {
  const list = new BlockList()
  list.addSubnet(network, prefix, familyOf(network))
  return { list, what }
})

/**
 * Reads networks in CIDR notation, separated by commas, such as `127.0.0.0/8,::1/128`; the empty text allows none.
 * @throws Error that names the part which is none
 */
export function parseNetworks(text: string): AllowedNetworks {
  const networks = new BlockList()
  for (const part of text.split(',').map((entry) => entry.trim())) {
    if (part === '') continue
    const [address = '', bits = '', ...more] = part.split('/')
    const widest = isIP(address) === 6 ? 128 : 32
    const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : NaN
    if (isIP(address) === 0 || more.length > 0 || !(prefix <= widest))
      throw new Error(`"${part}" is no network; write it as 10.0.0.0/8 or fd00::/8.`)
    networks.addSubnet(address, prefix, familyOf(address))
  }
  return networks
}

/** Why no target is reached at an IP address, in words, or null. Asked for what was typed and, at the execution, for what a name resolved to. */
export function refusalOfAddress(address: string, allowed: AllowedNetworks): string | null {
  const { address: canonical, family } = canonicalAddress(address)
  if (allowed.check(canonical, family)) return null
  const found = refused.find(({ list }) => list.check(canonical, family))
  return found ? `${address} is not reached: it is ${found.what}.` : null
}

/** Why an endpoint is not taken, in words, or null: asked when an instance is registered or changed, and again before a connection is made. */
export function refusalOfEndpoint(
  engine: Engine,
  endpoint: Endpoint,
  allowed: AllowedNetworks,
): string | null {
  if (endpoint.kind === 'host') return refusalOfHost(endpoint.host, allowed)
  if (engine !== 'mongodb')
    return 'Only a MongoDB instance can be given by URI; PostgreSQL takes host and port.'
  return refusalOfUri(endpoint.uri, allowed)
}

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i
// What ends in a number is read as an IPv4 address by some resolvers, in decimal, octal or hexadecimal.
const number = /^(\d+|0x[0-9a-f]*)$/i

function refusalOfHost(host: string, allowed: AllowedNetworks): string | null {
  if (isIP(host) !== 0) return refusalOfAddress(host, allowed)
  const labels = host.replace(/\.$/, '').split('.')
  const isName = labels.every((part) => label.test(part)) && !number.test(labels.at(-1) ?? '')
  if (!isName) return `"${host}" is neither the name of a host nor an IP address.`
  return labels.at(-1)?.toLowerCase() === 'localhost' ? refusalOfAddress('127.0.0.1', allowed) : null
}

// Everything else of a URI could read files of the executor's machine, send credentials elsewhere or go through a proxy.
const uriOptions = new Set([
  'replicaset',
  'tls',
  'ssl',
  'authsource',
  'authmechanism',
  'readpreference',
  'readconcernlevel',
  'w',
  'journal',
  'wtimeoutms',
  'directconnection',
  'loadbalanced',
  'maxstalenessseconds',
  'retrywrites',
  'retryreads',
])
const mechanisms = new Set(['DEFAULT', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'PLAIN'])

function refusalOfUri(uri: string, allowed: AllowedNetworks): string | null {
  const [, scheme, authority = '', query = ''] =
    /^(mongodb(?:\+srv)?):\/\/([^/?#]+)(?:\/[^?#]*)?(?:\?([^#]*))?$/.exec(uri) ?? []
  if (scheme === undefined) return 'The URI is not of the form mongodb://host:port/ or mongodb+srv://host/.'
  if (authority.includes('@'))
    return 'The URI must not hold a user or password; they have fields of their own.'
  const options = new URLSearchParams(query)
  for (const [name, value] of options) {
    if (!uriOptions.has(name.toLowerCase())) return `The option "${name}" is not allowed in a URI.`
    if (name.toLowerCase() === 'authmechanism' && !mechanisms.has(value.toUpperCase()))
      return `The authentication mechanism "${value}" is not allowed.`
  }
  if (sendsPasswordAsItIs(scheme, options))
    return 'The mechanism PLAIN sends the password as it is: it is allowed over verified TLS only (tls=true).'
  const refusals = hostsOfUri(uri).map((host) => refusalOfHost(host, allowed))
  return refusals.find((refusal) => refusal !== null) ?? null
}

function sendsPasswordAsItIs(scheme: string, options: URLSearchParams): boolean {
  const valuesOf = (...names: string[]) =>
    [...options]
      .filter(([name]) => names.includes(name.toLowerCase()))
      .map(([, value]) => value.toLowerCase())
  if (!valuesOf('authmechanism').includes('plain')) return false
  const tls = valuesOf('tls', 'ssl')
  return tls.length === 0 ? scheme !== 'mongodb+srv' : tls.some((value) => value !== 'true')
}

/** The hosts that a MongoDB URI names, without their ports; for `mongodb+srv` the one name whose records name the servers. */
export function hostsOfUri(uri: string): string[] {
  const authority = /^mongodb(?:\+srv)?:\/\/([^/?#]+)/.exec(uri)?.[1] ?? ''
  return authority
    .split(',')
    .map((host) => /^\[(.*)\](?::\d+)?$/.exec(host)?.[1] ?? host.replace(/:\d+$/, ''))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
