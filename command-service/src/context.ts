import type { ExecutionLimits } from '@sre-portal/contracts'
import type { AllowedNetworks } from '@sre-portal/domain'
import type { EventStore } from '@sre-portal/platform/eventStore'
import type { PersonShare } from '@sre-portal/platform/http/personGate'
import type { Log } from '@sre-portal/platform/log'
import type { Pool } from '@sre-portal/platform/postgres'
import type { KeyRing } from '@sre-portal/platform/secretBox'
import type { Directory } from './directory.ts'

/** Bounds of one person, so that nobody fills everybody's desk or scans a network. */
export interface PersonBounds {
  pendingRequests: number
  submissionsAMinute: number
  instanceTestsAMinute: number
}

export const defaultBounds: PersonBounds = {
  pendingRequests: 50,
  submissionsAMinute: 60,
  instanceTestsAMinute: 10,
}

/** What the routes of this service work with; made once in main.ts, and by tests. */
export interface Context {
  store: EventStore
  pool: Pool
  log: Log
  directory: Directory
  keyRing: KeyRing
  jwtSecret: string
  limits: ExecutionLimits
  /** What one person may ask for. */
  bounds: PersonBounds
  /** What one person may have under way at once. */
  share: PersonShare
  /** Where targets may be although such addresses are refused otherwise. */
  allowedNetworks: AllowedNetworks
  /** bcrypt's cost: 12 in production. */
  passwordCost: number
  /** True where demonstration accounts may sign in. */
  demo: boolean
  now(): Date
  newId(): string
}
