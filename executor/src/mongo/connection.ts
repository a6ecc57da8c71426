import { MongoClient, MongoServerError, type ClientSession, type Db, type MongoClientOptions } from 'mongodb'
import type { Endpoint } from '@sre-portal/contracts'
import { addressCheck, AddressRefused } from '../addresses/addressCheck.ts'
import type { AddressRules } from '../addresses/addressRules.ts'
import { TargetUnreachable } from '../postgres/databaseError.ts'
import { HostGuard } from './hosts.ts'

/** Everything that is needed to connect; the password is decrypted only for as long as the run lasts. */
export interface MongoTarget {
  endpoint: Endpoint
  database: string
  username: string
  password: string
  /** Where it may lead to. */
  addresses: AddressRules
}

/** One client and one session for one run. */
export class MongoConnection {
  readonly database: Db
  readonly session: ClientSession
  readonly #client: MongoClient
  readonly #target: MongoTarget
  readonly #guard: HostGuard

  private constructor(client: MongoClient, target: MongoTarget, guard: HostGuard) {
    this.#client = client
    this.#target = target
    this.#guard = guard
    this.database = client.db(target.database)
    this.session = client.startSession({ causalConsistency: false })
  }

  /** Throws TargetUnreachable with a message that is safe to show. */
  static async open(
    target: MongoTarget,
    connectTimeoutMs: number,
    applicationName: string,
  ): Promise<MongoConnection> {
    const guard = new HostGuard(await addressCheck(target.addresses))
    let client: MongoClient | undefined
    try {
      await guard.ensureConnectable(target.endpoint)
      client = clientOf(target, guard, connectTimeoutMs, applicationName)
      await client.connect()
      await client.db(target.database).command({ ping: 1 })
      return new MongoConnection(client, target, guard)
    } catch (error) {
      await client?.close().catch(() => undefined)
      const refused =
        guard.refused !== null || error instanceof AddressRefused || error instanceof MongoServerError
      throw new TargetUnreachable(describe(guard.refused ?? error), refused)
    }
  }

  /** Stops on the server what this session runs, where the server knows how; ends by closing the connection, which stops it elsewhere. */
  async cancel(connectTimeoutMs: number): Promise<void> {
    const { id } = this.session
    if (!id) return
    const helper = clientOf(this.#target, this.#guard, connectTimeoutMs, 'sre-portal cancel')
    try {
      await helper.db('admin').command({ killSessions: [id] })
    } catch {
      // Not every server has it; closing the connection follows.
    } finally {
      await helper.close().catch(() => undefined)
    }
  }

  async version(): Promise<string> {
    const info = await this.database.command({ buildInfo: 1 })
    return `MongoDB ${String(info['version'])}`
  }

  async close(): Promise<void> {
    await this.session.endSession().catch(() => undefined)
    await this.#client.close(true).catch(() => undefined)
  }
}

function clientOf(
  { endpoint, username, password }: MongoTarget,
  guard: HostGuard,
  timeoutMs: number,
  appName: string,
): MongoClient {
  const options: MongoClientOptions = {
    appName,
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    maxPoolSize: 2,
    // A write is sent once; whether it took place is told, not tried again.
    retryWrites: false,
    retryReads: false,
    lookup: guard.lookup,
    ...(username === '' ? {} : { auth: { username, password } }),
  }
  const client =
    endpoint.kind === 'uri'
      ? new MongoClient(endpoint.uri, options)
      : new MongoClient(uriOf(endpoint), { ...options, tls: endpoint.tls })
  guard.watch(client)
  return client
}

function uriOf({ host, port }: { host: string; port: number }): string {
  return `mongodb://${host.includes(':') ? `[${host}]` : encodeURIComponent(host)}:${port}/?directConnection=true`
}

function describe(error: unknown): string {
  if (error instanceof AddressRefused) return error.message
  const message = error instanceof Error ? error.message : ''
  const name = error instanceof Error ? error.name : ''
  if (/^Mongo(Parse|InvalidArgument|APIError|MissingDependency)/.test(name))
    return 'The address of this instance is not one that the driver understands.'
  if (/auth/i.test(message) || /Authentication/.test(name))
    return 'The database server refused the stored user or password.'
  if (/certificate|SSL|TLS/i.test(message)) {
    return 'A secured connection to the database server could not be made: check TLS and the certificate.'
  }
  if (/ENOTFOUND|EAI_AGAIN|querySrv/.test(message))
    return 'The name of the database server could not be resolved.'
  if (/ECONNREFUSED/.test(message)) return 'The database server refused the connection.'
  return 'The database server could not be reached.'
}
