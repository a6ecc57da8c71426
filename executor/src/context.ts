import type { AddressRules } from './addresses/addressRules.ts'
import type { SessionBounds } from './postgres/target.ts'
import type { EventStore } from '@sre-portal/platform/eventStore'
import type { Log } from '@sre-portal/platform/log'
import type { Pool } from '@sre-portal/platform/postgres'
import type { KeyRing } from '@sre-portal/platform/secretBox'
import type { ScriptSandbox } from './sandbox/scriptSandbox.ts'

/** What every part of the service needs. */
export interface ExecutorContext {
  store: EventStore
  /** The portal's own PostgreSQL. */
  pool: Pool
  /** The same, with synchronous_commit off, for what must outlive this process only. */
  journalPool: Pool
  keyRing: KeyRing
  log: Log
  /** The name of this executor, as events tell it. */
  executorId: string
  /** This process: another one of the same name owns other leases. */
  ownerId: string
  sandbox: ScriptSandbox
  leaseMs: number
  connectTimeoutMs: number
  /** Where targets may be. */
  addresses: AddressRules
  failpoint: (place: string) => void
  now: () => Date
  newId: () => string
}

/** The server-side bounds of a session that may run for `timeMs`: the executor's own clock comes first, the server's is the net. */
export const boundsFor = (context: ExecutorContext, timeMs: number): SessionBounds => ({
  connectTimeoutMs: context.connectTimeoutMs,
  statementTimeoutMs: timeMs + 1000,
  lockTimeoutMs: Math.min(timeMs, 10_000),
  addresses: context.addresses,
})
