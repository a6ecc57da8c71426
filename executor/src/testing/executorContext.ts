import { randomUUID } from 'node:crypto'
import { createLog } from '@sre-portal/platform/log'
import { createPool } from '@sre-portal/platform/postgres'
import { parseKeyRing } from '@sre-portal/platform/secretBox'
import type { ExecutorContext } from '../context.ts'
import { ScriptSandbox } from '../sandbox/scriptSandbox.ts'
import type { TestPortal } from './portal.ts'
import { thisMachine } from './thisMachine.ts'

/** What an executor of this portal works with, for tests of its parts. `now` is its clock. */
export function openExecutorContext(portal: TestPortal, now = () => new Date()): ExecutorContext {
  const log = createLog('executor', 'silent')
  const pool = createPool(portal.database.urls.executor, 'executor', log)
  return {
    store: portal.store,
    pool,
    journalPool: pool,
    keyRing: parseKeyRing(portal.credentialKeys),
    log,
    executorId: 'executor-1',
    ownerId: `executor-1/${randomUUID()}`,
    sandbox: new ScriptSandbox({ jitless: true }),
    leaseMs: 60_000,
    connectTimeoutMs: 3000,
    addresses: thisMachine,
    failpoint: () => undefined,
    now,
    newId: () => randomUUID(),
  }
}

export async function closeExecutorContext({ sandbox, pool }: ExecutorContext): Promise<void> {
  await sandbox.close()
  await pool.end()
}
