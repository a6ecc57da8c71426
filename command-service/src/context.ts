import type { ExecutionLimits } from '@sre-portal/contracts'
import type { AllowedNetworks } from '@sre-portal/domain'
import type { EventStore } from '@sre-portal/platform/eventStore'
import type { Log } from '@sre-portal/platform/log'
import type { Pool } from '@sre-portal/platform/postgres'
import type { KeyRing } from '@sre-portal/platform/secretBox'
import type { Directory } from './directory.ts'

/** What the routes of this service work with; made once in main.ts, and by tests. */
export interface Context {
  store: EventStore
  pool: Pool
  log: Log
  directory: Directory
  keyRing: KeyRing
  jwtSecret: string
  limits: ExecutionLimits
  /** Where targets may be although such addresses are refused otherwise. */
  allowedNetworks: AllowedNetworks
  /** bcrypt's cost: 12 in production. */
  passwordCost: number
  /** True where demonstration accounts may sign in. */
  demo: boolean
  now(): Date
  newId(): string
}
