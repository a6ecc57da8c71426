import type { AddressRules } from '../addresses/addressRules.ts'

/** Everything that is needed to open a session; the password is decrypted only for as long as the run lasts. */
export interface PostgresTarget {
  host: string
  port: number
  tls: boolean
  database: string
  username: string
  password: string
}

/** What bounds a session: where it may lead to, and in milliseconds what the server itself enforces. */
export interface SessionBounds {
  connectTimeoutMs: number
  statementTimeoutMs: number
  lockTimeoutMs: number
  addresses: AddressRules
}
