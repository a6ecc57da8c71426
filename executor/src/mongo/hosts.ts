import { resolveSrv } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import type { MongoClient } from 'mongodb'
import type { Endpoint } from '@sre-portal/contracts'
import {
  AddressRefused,
  checkedLookup,
  ensureConnectable,
  type AddressCheck,
} from '../addresses/addressCheck.ts'
import type { HostAndPort } from '../addresses/addressRules.ts'

const usualPort = 27_017

/** Every host that an instance's address names; those of `mongodb+srv` as DNS names them now. */
export async function hostsOf(endpoint: Endpoint): Promise<HostAndPort[]> {
  if (endpoint.kind === 'host') return [endpoint]
  const parts = /^mongodb(\+srv)?:\/\/([^/?]+)/.exec(endpoint.uri)
  const hosts = (parts?.[2] ?? '').split(',').map(hostAndPort)
  const [first] = hosts
  if (parts?.[1] === undefined || !first) return hosts
  const records = await resolveSrv(`_mongodb._tcp.${first.host}`).catch(() => [])
  return records.map(({ name, port }) => ({ host: name, port }))
}

function hostAndPort(text: string): HostAndPort {
  const [, host = text, port] = /^(.*?)(?::(\d+))?$/.exec(text) ?? []
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port ?? usualPort) }
}

/** Checks the hosts of one client: those of its address before it connects, and those that the servers name afterwards. */
export class HostGuard {
  /** What was refused while the client was connecting, if anything. */
  refused: Error | null = null
  readonly #check: AddressCheck
  readonly #ports = new Map<string, number[]>()

  constructor(check: AddressCheck) {
    this.#check = check
  }

  /** @throws AddressRefused */
  async ensureConnectable(endpoint: Endpoint): Promise<void> {
    await ensureConnectable(await hostsOf(endpoint), this.#check)
  }

  /** For the client's options. */
  readonly lookup: LookupFunction = checkedLookup(
    (address, port) => this.#check(address, port),
    (name) => this.#ports.get(name) ?? [null],
    (refused) => this.#refuse(refused),
  )

  /** The driver tells each server before it connects to it: a member of a replica set may be one that the instance's address does not name. */
  watch(client: MongoClient): void {
    client.on('serverOpening', ({ address }) => {
      const { host, port } = hostAndPort(address)
      this.#ports.set(host, [...(this.#ports.get(host) ?? []), port])
      try {
        if (isIP(host) !== 0) this.#check(host, port)
      } catch (error) {
        if (!(error instanceof AddressRefused)) throw error
        this.#refuse(error)
        void client.close()
      }
    })
  }

  #refuse(error: Error): void {
    this.refused ??= error
  }
}
