/** Everything that is needed to open a session; the password is decrypted only for as long as the run lasts. */
export interface PostgresTarget {
  host: string
  port: number
  tls: boolean
  database: string
  username: string
  password: string
}

/** Bounds that the server itself enforces on a session, in milliseconds. */
export interface SessionBounds {
  connectTimeoutMs: number
  statementTimeoutMs: number
  lockTimeoutMs: number
}
