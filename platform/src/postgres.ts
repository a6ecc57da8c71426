import pg from 'pg'
import type { Log } from './log.ts'
import { NoAnswerInTime } from './outage.ts'
import { within } from './within.ts'

export type Pool = pg.Pool
export type Connection = pg.PoolClient

/**
 * A pool of connections to the portal's own PostgreSQL. A connection that breaks is logged and replaced, whether it is idle or in use; what is
 * asked of it afterwards fails.
 */
export function createPool(url: string, applicationName: string, log: Log, max = 10): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 30_000,
  })
  pool.on('error', (error) => log.warn({ err: error }, 'lost an idle PostgreSQL connection'))
  // The pool listens to idle connections only: one that broke between two queries of a transaction would end the process.
  pool.on('connect', (connection) =>
    connection.on('error', (error) => log.debug({ err: error }, 'a PostgreSQL connection broke')),
  )
  return pool
}

/** Runs `work` in one transaction: committed when it returns, rolled back when it throws. */
export async function inTransaction<T>(pool: Pool, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await pool.connect()
  let broken: Error | undefined
  try {
    await connection.query('begin')
    const result = await work(connection)
    await connection.query('commit')
    return result
  } catch (error) {
    await connection.query('rollback').catch((failure: Error) => (broken = failure))
    throw error
  } finally {
    connection.release(broken)
  }
}

const readinessMs = 1_000

/** null when PostgreSQL answers within a second, else why not, in words. */
export async function databaseTrouble(pool: Pool): Promise<string | null> {
  try {
    await within(readinessMs, pool.query('select 1'), () => {
      throw new NoAnswerInTime('PostgreSQL', readinessMs)
    })
    return null
  } catch (error) {
    return `PostgreSQL does not answer (POSTGRES_URL): ${(error as Error).message || 'the connection was refused'}`
  }
}
