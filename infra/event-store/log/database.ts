import { Client, DatabaseError, Pool, type ClientConfig, type PoolClient } from 'pg'
import { GrpcError, statusCode } from '../transport/grpcStatus.ts'
import { Turns } from './turns.ts'

const connectTimeoutMs = 5000
const readerConnections = 4
const headConnections = 2
const lockAttemptMs = 3000
const lockRetryMs = 50

/** Any constant will do, as long as every version of this program takes the same. */
const writerLockKey = 7_236_118_245_901

export interface LogDatabase {
  /** The one session that may write; it holds the lock that keeps a second server away for as long as it lives. */
  connectWriter(): Promise<Client>
  /** For pages of events: a few sessions, for which readers queue. */
  read<T>(work: (client: PoolClient) => Promise<T>): Promise<T>
  /** For the short questions about streams, which pages must not hold up. */
  readHeads<T>(work: (client: PoolClient) => Promise<T>): Promise<T>
  /** True while readers wait for a session. */
  readonly isCrowded: boolean
  close(): Promise<void>
}

export function openDatabase(postgresUrl: string): LogDatabase {
  const connection = {
    connectionString: postgresUrl,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  }
  const pages = readers(connection, 'event-store reader', readerConnections)
  const heads = readers(connection, 'event-store heads', headConnections)

  return {
    connectWriter: async () => {
      const client = new Client({
        ...connection,
        application_name: 'event-store writer',
        options: writerSettings,
      })
      client.on('error', () => undefined)
      try {
        await client.connect()
        await takeWriterLock(client)
        return client
      } catch (error) {
        await client.end().catch(() => undefined)
        throw connectionError(error, postgresUrl)
      }
    },
    read: pages.read,
    readHeads: heads.read,
    get isCrowded() {
      return pages.isCrowded()
    },
    close: async () => {
      await Promise.all([pages.close(), heads.close()])
    },
  }
}

function readers(connection: ClientConfig, name: string, count: number) {
  const pool = new Pool({ ...connection, application_name: name, options: readerSettings, max: count })
  pool.on('error', () => undefined)
  // The pool listens to idle connections only; one that breaks in use fails what is asked of it next.
  pool.on('connect', (client) => client.on('error', () => undefined))
  // The pool would end the wait for a free connection after the time that connecting may take.
  const turns = new Turns(count)

  const connect = async () => {
    try {
      return await pool.connect()
    } catch (error) {
      turns.abandon(readError(error))
      throw readError(error)
    }
  }
  return {
    isCrowded: () => turns.isCrowded,
    read: <T>(work: (client: PoolClient) => Promise<T>) =>
      turns.take(async () => {
        const client = await connect()
        let failure: Error | undefined
        try {
          return await work(client)
        } catch (error) {
          failure = error instanceof Error ? error : new Error(String(error))
          throw readError(error)
        } finally {
          client.release(failure)
        }
      }),
    close: () => pool.end(),
  }
}

// Every query of the event store is an index walk; on a table without statistics the planner would guess otherwise.
const readerSettings = startupOptions({
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
})

const writerSettings = `${readerSettings} ${startupOptions({
  plan_cache_mode: 'force_generic_plan',
  synchronous_commit: 'on',
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
})}`

function startupOptions(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')
}

async function takeWriterLock(client: Client): Promise<void> {
  const giveUpAt = Date.now() + lockAttemptMs
  while (true) {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
      writerLockKey,
    ])
    if (rows[0]?.taken) return
    if (Date.now() > giveUpAt) {
      throw new Error(
        'Another event store is running on this database. Stop it first, or use another database.',
      )
    }
    await new Promise((resolve) => setTimeout(resolve, lockRetryMs))
  }
}

/** A reader whose connection broke may try again; any other error is a fault of this program and stays visible. */
function readError(error: unknown): unknown {
  return isConnectionLoss(error) ? new GrpcError(statusCode.unavailable, 'Server Is Not Ready') : error
}

const connectionLossStates = /^(08|53|57)/

export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof DatabaseError) return connectionLossStates.test(error.code ?? '')
  if (!(error instanceof Error)) return false
  return 'code' in error || /^(Connection terminated|timeout)|not queryable/.test(error.message)
}

function connectionError(error: unknown, postgresUrl: string): Error {
  const code = errorCode(error)
  const target = describeTarget(postgresUrl)
  const reasons: Record<string, string> = {
    ECONNREFUSED: `PostgreSQL does not answer at ${target}.`,
    ENOTFOUND: `The host of ${target} is not known.`,
    ETIMEDOUT: `PostgreSQL at ${target} did not answer in time.`,
    '3D000': `The database of ${target} does not exist. Create it first.`,
    '28P01': `PostgreSQL at ${target} refused the password.`,
    '28000': `PostgreSQL at ${target} refused the user.`,
    '42501': `The database user of ${target} may not create the schema 'eventlog'.`,
  }
  const reason = reasons[code]
  if (reason) return new Error(reason, { cause: error })
  return error instanceof Error ? error : new Error(String(error))
}

function errorCode(error: unknown): string {
  if (error instanceof AggregateError) return errorCode(error.errors[0])
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code === 'string') return code
  return error instanceof Error && error.message.includes('timeout') ? 'ETIMEDOUT' : ''
}

function describeTarget(postgresUrl: string): string {
  try {
    const { host, pathname } = new URL(postgresUrl)
    return `${host}${pathname}`
  } catch {
    return 'the given address'
  }
}
