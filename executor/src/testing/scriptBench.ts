import { defaultExecutionLimits, type ExecutionLimits, type TransactionMode } from '@sre-portal/contracts'
import { runPostgresScript } from '../postgres/scriptRunner.ts'
import type { PostgresTarget, SessionBounds } from '../postgres/target.ts'
import { RowSpool } from '../results/rowSpool.ts'
import type { RunControl, StatementIntent } from '../runControl.ts'
import { Sandbox } from '../sandbox/sandbox.ts'
import { QueryBench, testBounds } from './queryBench.ts'

export interface ScriptOptions {
  mode?: TransactionMode
  control?: Partial<RunControl>
  limits?: Partial<ExecutionLimits>
  bounds?: Partial<SessionBounds>
  target?: Partial<PostgresTarget>
  /** When the run is stopped for its time. */
  timeMs?: number
}

/** The application name of the bench's sessions. */
export const benchName = 'script bench'

/** A fresh database with a table `notes`, and scripts run on it by the real runner in the real sandbox. */
export class ScriptBench {
  readonly #database: QueryBench
  readonly #sandbox = new Sandbox({ keepSpare: false })

  private constructor(database: QueryBench) {
    this.#database = database
  }

  static async open(): Promise<ScriptBench> {
    return new ScriptBench(await QueryBench.open())
  }

  get target(): PostgresTarget {
    return this.#database.target
  }

  get admin(): QueryBench['admin'] {
    return this.#database.admin
  }

  async close(): Promise<void> {
    await this.#sandbox.close()
    await this.#database.close()
  }

  /** `notes` is empty again. */
  async reset(): Promise<void> {
    await this.admin.query(
      'drop table if exists notes cascade; create table notes (id int primary key, body text)',
    )
  }

  async notes(): Promise<number[]> {
    const { rows } = await this.admin.query<{ id: number }>('select id from notes order by id')
    return rows.map(({ id }) => id)
  }

  /** Ends the bench's session while it runs a statement that begins so; resolves when it has done it. */
  async killDuring(beginning: string): Promise<void> {
    for (;;) {
      const { rowCount } = await this.admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = $1 and datname = current_database() and state = 'active' and query like $2 and wait_event is not null`,
        [benchName, `${beginning}%`],
      )
      if (rowCount) return
    }
  }

  async run(source: string, options: ScriptOptions = {}) {
    const limits = { ...defaultExecutionLimits, maxStatements: 50, ...options.limits }
    const spool = new RowSpool(limits)
    const transactions: string[] = []
    const intents: StatementIntent[] = []
    const job = {
      target: { ...this.target, ...options.target },
      source,
      params: { requestId: 'r1' },
      mode: options.mode ?? 'single',
      limits,
      bounds: { ...testBounds, ...options.bounds },
      applicationName: benchName,
    }
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort('time'), options.timeMs ?? limits.timeMs)
    const report = await runPostgresScript(job, this.#sandbox.take(), spool, {
      signal: stop.signal,
      beforeKeeping: () => Promise.resolve(),
      beforeCommit: (id) => {
        transactions.push(id)
        return Promise.resolve()
      },
      beforeStatement: (intent) => {
        intents.push(intent)
        return Promise.resolve()
      },
      reached: () => undefined,
      ...options.control,
    }).finally(() => clearTimeout(timer))
    const returned: unknown = report.head.returned === null ? null : JSON.parse(report.head.returned)
    return { ...report, returned, transactions, intents, logs: report.head.logs.map(({ text }) => text) }
  }
}
