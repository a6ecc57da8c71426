import { isIP } from 'node:net'
import type { Endpoint, Engine } from '@sre-portal/contracts'
import { canonicalAddress } from './canonicalAddress.ts'

/** Where and as whom an instance connects: what its password is for. */
export interface Connection {
  engine: Engine
  endpoint: Endpoint
  username: string
}

/**
 * One text for one place and one login, however it is written: upper case in a host, a port that is the usual one and the order of a URI's
 * options make no difference, and everything else does. A stored password is sealed for this text and opens for no other.
 */
export function canonicalConnection({ engine, endpoint, username }: Connection): string {
  return JSON.stringify([engine, ...placeOf(endpoint), username])
}

/** True where no login is sent, so that there is no password to keep. */
export const connectsWithoutLogin = ({ engine, username }: Connection): boolean =>
  engine === 'mongodb' && username === ''

const placeOf = (endpoint: Endpoint): unknown[] =>
  endpoint.kind === 'host'
    ? [`${canonicalHost(endpoint.host)}:${endpoint.port}`, endpoint.tls ? 'tls' : 'plain']
    : placeOfUri(endpoint.uri)

function placeOfUri(uri: string): unknown[] {
  const [, scheme = '', authority = '', path = '', query = ''] =
    /^(mongodb(?:\+srv)?):\/\/([^/?#]+)\/?([^?#]*)(?:\?([^#]*))?$/.exec(uri) ?? []
  if (scheme === '') return ['uri', uri]
  const usualPort = scheme === 'mongodb' ? ':27017' : ''
  const servers = authority.split(',').map((server) => {
    const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(:\d+)?$/.exec(server) ?? []
    return `${canonicalHost(bracketed ?? plain ?? server)}${port ?? usualPort}`
  })
  const options = [...new URLSearchParams(query)].map(([name, value]) => `${name.toLowerCase()}=${value}`)
  return [scheme, servers.sort(), path, options.sort()]
}

function canonicalHost(host: string): string {
  if (isIP(host.replace(/%.*$/, '')) !== 0) return canonicalAddress(host).address
  return host.toLowerCase().replace(/\.$/, '')
}
