import { MongoClient, type ClientSession, type Db, type MongoClientOptions } from 'mongodb'
import type { Endpoint } from '@sre-portal/contracts'
import { TargetUnreachable } from '../postgres/databaseError.ts'

/** Everything that is needed to connect; the password is decrypted only for as long as the run lasts. */
export interface MongoTarget {
  endpoint: Endpoint
  database: string
  username: string
  password: string
}

// Everything else of a URI could read files of this machine, send credentials elsewhere or go through a proxy.
const allowedOptions = new Set([
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
const allowedMechanisms = new Set(['DEFAULT', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'PLAIN'])

/** Why an instance's address is not used, in words, or null. */
export function refusalOfUri(uri: string): string | null {
  const parts = /^mongodb(?:\+srv)?:\/\/([^/?]+)(?:\/[^?]*)?(?:\?(.*))?$/.exec(uri)
  if (!parts) return 'The address is not of the form mongodb://host:port/ or mongodb+srv://host/.'
  if (parts[1]?.includes('@')) return 'The address must not hold a user or a password.'
  for (const [name, value] of new URLSearchParams(parts[2] ?? '')) {
    if (!allowedOptions.has(name.toLowerCase()))
      return `The option "${name}" is not allowed in the address of an instance.`
    if (name.toLowerCase() === 'authmechanism' && !allowedMechanisms.has(value.toUpperCase())) {
      return `The authentication mechanism "${value}" is not allowed.`
    }
  }
  return null
}

/** One client and one session for one run. */
export class MongoConnection {
  readonly database: Db
  readonly session: ClientSession
  readonly #client: MongoClient
  readonly #target: MongoTarget

  private constructor(client: MongoClient, target: MongoTarget) {
    this.#client = client
    this.#target = target
    this.database = client.db(target.database)
    this.session = client.startSession({ causalConsistency: false })
  }

  /** Throws TargetUnreachable with a message that is safe to show. */
  static async open(
    target: MongoTarget,
    connectTimeoutMs: number,
    applicationName: string,
  ): Promise<MongoConnection> {
    const client = clientOf(target, connectTimeoutMs, applicationName)
    try {
      await client.connect()
      await client.db(target.database).command({ ping: 1 })
      return new MongoConnection(client, target)
    } catch (error) {
      await client.close().catch(() => undefined)
      throw new TargetUnreachable(describe(error))
    }
  }

  /** Stops on the server what this session runs, where the server knows how; ends by closing the connection, which stops it elsewhere. */
  async cancel(connectTimeoutMs: number): Promise<void> {
    const { id } = this.session
    if (!id) return
    const helper = clientOf(this.#target, connectTimeoutMs, 'sre-portal cancel')
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
    ...(username === '' ? {} : { auth: { username, password } }),
  }
  if (endpoint.kind === 'uri') return new MongoClient(endpoint.uri, options)
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
  return new MongoClient(`mongodb://${host}:${endpoint.port}/?directConnection=true`, {
    ...options,
    tls: endpoint.tls,
  })
}

function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const name = error instanceof Error ? error.name : ''
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
