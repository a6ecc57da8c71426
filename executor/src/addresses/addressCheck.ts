import { lookup as resolve } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { refusalToConnect, type AddressRules, type HostAndPort } from './addressRules.ts'

/** Thrown, or given to a socket, for an address that the portal does not connect to. The message names no address and may be shown. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

/** Checks an address before it is connected to. @throws AddressRefused */
export type AddressCheck = (address: string, port: number | null) => void

/** The check for one connection, by what the portal's own parts are called now. */
export async function addressCheck(rules: AddressRules): Promise<AddressCheck> {
  const own = (await Promise.all(rules.own.map(addressesOf))).flat()
  return (address, port) => {
    const words = isIP(address) === 0 ? null : refusalToConnect(address, port, rules, own)
    if (words !== null) throw new AddressRefused(words)
  }
}

/**
 * Checks every address that these hosts stand for. What can't be resolved is left to the connection, which tells it in its own way.
 * @throws AddressRefused
 */
export async function ensureConnectable(hosts: HostAndPort[], check: AddressCheck): Promise<void> {
  for (const given of hosts) {
    // The drivers take such a host for the path of a socket on this machine.
    if (/[/%]|^@|\.sock$/.test(given.host))
      throw new AddressRefused('The host of this instance is neither a name nor an address.')
    for (const { host, port } of await addressesOf(given)) check(host, port)
  }
}

async function addressesOf({ host, port }: HostAndPort): Promise<HostAndPort[]> {
  const found = await lookup(host.replace(/^\[(.*)\]$/, '$1'), { all: true }).catch(() => [])
  return found.map(({ address }) => ({ host: address, port }))
}

/**
 * A socket's own look-up of a name: the addresses that are checked are those that it connects to, so that a name gains nothing by changing
 * its mind in between. A socket doesn't call it for an address: `ensureConnectable` comes before.
 */
export const checkedLookup =
  (
    check: AddressCheck,
    portsOf: (hostname: string) => (number | null)[],
    onRefused: (refused: Error) => void = () => {},
  ): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, [])
      try {
        for (const port of portsOf(hostname)) for (const { address } of found) check(address, port)
      } catch (refused) {
        if (!(refused instanceof AddressRefused)) throw refused
        onRefused(refused)
        return callback(refused, [])
      }
      const [first] = found
      if (options.all === true || !first) callback(null, found)
      else callback(null, first.address, first.family)
    })
  }
