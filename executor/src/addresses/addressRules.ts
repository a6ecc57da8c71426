import { canonicalAddress, refusalOfAddress, type AllowedNetworks } from '@sre-portal/domain'

export interface HostAndPort {
  host: string
  port: number
}

/** Which addresses the executor connects to. */
export interface AddressRules {
  /** Where targets may be although such addresses are refused otherwise. */
  allowed: AllowedNetworks
  /** The portal's own parts, which are nobody's target; their names are resolved at each connection. */
  own: HostAndPort[]
}

/** Why a resolved address is not connected to, in words that don't name it, or null. A port of null is not known yet and may be any. */
export function refusalToConnect(
  given: string,
  port: number | null,
  { allowed }: AddressRules,
  ownAddresses: HostAndPort[],
): string | null {
  const { address, family } = canonicalAddress(given)
  if (allowed.check(address, family)) return null
  const isOwn = ownAddresses.some(
    (one) => canonicalAddress(one.host).address === address && (port === null || one.port === port),
  )
  if (isOwn) return 'The address of this instance is not reached: it is a part of the portal itself.'
  return refusalOfAddress(address, allowed)?.replace(address, 'The address of this instance') ?? null
}

/** Hosts and ports of a connection string; an event store's may name several. */
export function hostsOfUrl(url: string, usualPort: number): HostAndPort[] {
  const authority = /^[^:]+:\/\/(?:[^@/]*@)?([^/?]+)/.exec(url)?.[1] ?? ''
  return authority.split(',').flatMap((text) => {
    const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
    const host = bracketed ?? plain
    return host === undefined ? [] : [{ host, port: Number(port ?? usualPort) }]
  })
}
