import { expect } from 'vitest'
import pg from 'pg'
import { patience } from './patience.ts'

/** Whoever writes to the read models holds this lock for the transaction (projector/src/checkpoint.ts). */
const writerLock = 4_203_118_771

/** Keeps all writers of the read models waiting, and lets them through one by one: PostgreSQL gives a lock in the order of asking. */
export class Turnstile {
  readonly #url: string
  #holder: pg.Client

  private constructor(url: string, holder: pg.Client) {
    this.#url = url
    this.#holder = holder
  }

  static async close(url: string): Promise<Turnstile> {
    const holder = await connected(url)
    await holder.query('select pg_advisory_lock($1)', [writerLock])
    return new Turnstile(url, holder)
  }

  /** Waits until a program of this name waits here. */
  async untilWaits(application: string): Promise<void> {
    await expect.poll(() => this.#count('application_name = $1', application), patience).toBeGreaterThan(0)
  }

  async letOneThrough(): Promise<void> {
    const next = await connected(this.#url)
    const { rows } = await next.query<{ pid: number }>('select pg_backend_pid() as pid')
    const held = next.query('select pg_advisory_lock($1)', [writerLock])
    // An error of the wait for it comes first, and closing would reject this one unheard.
    held.catch(() => undefined)
    const asks = () => this.#count('pid = $1', rows[0]?.pid)
    await expect.poll(asks, patience).toBe(1)
    await this.#holder.end()
    await held
    this.#holder = next
  }

  async open(): Promise<void> {
    await this.#holder.end()
  }

  async #count(whose: string, value: unknown): Promise<number> {
    const { rowCount } = await this.#holder.query(
      `select from pg_stat_activity where datname = current_database() and wait_event = 'advisory' and ${whose}`,
      [value],
    )
    return rowCount ?? 0
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}
