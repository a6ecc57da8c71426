import pg from 'pg'
import { defaultExecutionLimits, type ExecutionLimits } from '@sre-portal/contracts'
import { testDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { runPostgresQuery } from '../postgres/queryRunner.ts'
import type { PostgresTarget, SessionBounds } from '../postgres/target.ts'
import { RowSpool } from '../results/rowSpool.ts'
import type { RunControl } from '../runControl.ts'
import { thisMachine } from './thisMachine.ts'

export interface QueryOptions {
  limits?: Partial<ExecutionLimits>
  control?: Partial<RunControl>
  target?: Partial<PostgresTarget>
  bounds?: Partial<SessionBounds>
}

/** Usual bounds of a session in tests. */
export const testBounds: SessionBounds = {
  connectTimeoutMs: 5000,
  statementTimeoutMs: 30_000,
  lockTimeoutMs: 5000,
  addresses: thisMachine,
}

/** A fresh database with a table `numbers`, and queries run on it by the real runner. */
export class QueryBench {
  readonly target: PostgresTarget
  readonly admin: pg.Client
  readonly #drop: () => Promise<void>

  private constructor(url: URL, admin: pg.Client, drop: () => Promise<void>) {
    this.admin = admin
    this.#drop = drop
    this.target = {
      host: url.hostname,
      port: Number(url.port),
      tls: false,
      database: url.pathname.slice(1),
      username: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    }
  }

  static async open(): Promise<QueryBench> {
    const database = await testDatabase()
    const admin = new pg.Client({ connectionString: database.url })
    await admin.connect()
    return new QueryBench(new URL(database.url), admin, () => database.drop())
  }

  async close(): Promise<void> {
    await this.admin.end()
    await this.#drop()
  }

  /** `numbers` holds 1 and 2 again. */
  async reset(): Promise<void> {
    await this.admin.query(
      'drop table if exists numbers; create table numbers (n int primary key, word text)',
    )
    await this.admin.query(`insert into numbers values (1, 'one'), (2, 'two')`)
  }

  async numbers(): Promise<number[]> {
    const { rows } = await this.admin.query<{ n: number }>('select n from numbers order by n')
    return rows.map(({ n }) => n)
  }

  async run(content: string, options: QueryOptions = {}) {
    const limits = { ...defaultExecutionLimits, ...options.limits }
    const spool = new RowSpool(limits)
    const transactions: string[] = []
    const target = { ...this.target, ...options.target }
    const bounds = { ...testBounds, ...options.bounds }
    const report = await runPostgresQuery(
      { target, content, limits, bounds, applicationName: 'executor test' },
      spool,
      {
        signal: new AbortController().signal,
        beforeKeeping: () => Promise.resolve(),
        beforeCommit: (transactionId) => {
          transactions.push(transactionId)
          return Promise.resolve()
        },
        beforeStatement: () => Promise.resolve(),
        reached: () => undefined,
        ...options.control,
      },
    )
    const rows = spool
      .chunksFrom(0)
      .flatMap((chunk) => chunk.rows.split('\n').map((line) => JSON.parse(line) as (string | null)[]))
    return { ...report, rows, transactions }
  }
}
