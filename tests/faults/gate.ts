import { expect } from 'vitest'
import pg from 'pg'
import type { TestPortal } from '@sre-portal/executor/testing/portal'

const patience = { timeout: 90_000, interval: 20 }

/** A statement that waits in the target for as long as the gate is closed. */
export const passGate = 'select count(*) from gate'

/** Keeps a run going for as long as a test needs it, at most the ten seconds that the executor waits for a lock. */
export class Gate {
  readonly #holder: pg.Client

  private constructor(holder: pg.Client) {
    this.#holder = holder
  }

  static async close(portal: TestPortal): Promise<Gate> {
    await portal.target.query('create table if not exists gate (n int)')
    const holder = new pg.Client({ connectionString: portal.targetUrl.href })
    // The database goes away beneath it when a test fails before it opens.
    holder.on('error', () => undefined)
    await holder.connect()
    await holder.query('begin; lock table gate in access exclusive mode')
    return new Gate(holder)
  }

  /** Waits until a run stands before it. */
  async untilReached(): Promise<void> {
    const waiting = async () =>
      (
        await this.#holder.query(
          `select from pg_locks where relation = 'gate'::regclass and not granted and database = (select oid from pg_database where datname = current_database())`,
        )
      ).rowCount
    await expect.poll(waiting, patience).toBe(1)
  }

  async open(): Promise<void> {
    await this.#holder.end()
  }
}
