import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectEventStore } from '@sre-portal/platform/eventStore'
import { createLog } from '@sre-portal/platform/log'
import { createPool } from '@sre-portal/platform/postgres'
import { parseKeyRing } from '@sre-portal/platform/secretBox'
import type { AddressRules } from '../addresses/addressRules.ts'
import { startExecutor, type Executor } from '../app.ts'
import type { ScriptSandbox } from '../sandbox/scriptSandbox.ts'
import type { TestPortal } from './portal.ts'
import { thisMachine } from './thisMachine.ts'

export interface InProcessOptions {
  name?: string
  sandbox: ScriptSandbox
  failpoint?: (place: string) => void
  journalDirectory?: string
  addresses?: AddressRules
  overlookedAfterMs?: number
  /** The portal's own database; by another way than the usual one. */
  databaseUrl?: string
}

/** An executor in this process, against a test's portal. */
export async function startInProcess(
  portal: TestPortal,
  {
    name = 'executor-1',
    sandbox,
    failpoint = () => undefined,
    journalDirectory,
    addresses = thisMachine,
    overlookedAfterMs = 15_000,
    databaseUrl = portal.database.urls.executor,
  }: InProcessOptions,
): Promise<Executor> {
  const log = createLog('executor', process.env['TEST_LOG_LEVEL'] ?? 'silent')
  const pool = createPool(databaseUrl, 'executor', log)
  const store = connectEventStore(portal.eventStoreUrl)
  const directory = journalDirectory ?? (await mkdtemp(join(tmpdir(), 'sre-portal-journal-')))
  const executor = startExecutor({
    context: {
      store,
      pool,
      journalPool: pool,
      keyRing: parseKeyRing(portal.credentialKeys),
      log,
      executorId: name,
      ownerId: `${name}/${randomUUID()}`,
      sandbox,
      leaseMs: 3000,
      connectTimeoutMs: 3000,
      addresses,
      failpoint,
      now: () => new Date(),
      newId: () => randomUUID(),
    },
    concurrency: 4,
    journalDirectory: directory,
    recoveryIntervalMs: 200,
    overlookedAfterMs,
    trustedProxyHops: 0,
  })
  return {
    app: executor.app,
    finishRuns: () => executor.finishRuns(),
    stop: async () => {
      await executor.stop()
      await store.close()
      await pool.end()
      if (!journalDirectory) await rm(directory, { recursive: true, force: true })
    },
  }
}
