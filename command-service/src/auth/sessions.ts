import { createHash, randomBytes } from 'node:crypto'
import { DomainError } from '@sre-portal/domain'
import { inTransaction, type Connection, type Pool } from '@sre-portal/platform/postgres'

const idleDays = 7
const absoluteDays = 30
const raceSeconds = 10

interface TokenRow {
  session_id: string
  user_id: string
  session_started_at: Date
  used_at: Date | null
  revoked_at: Date | null
  fresh: boolean
  raced: boolean
}

/** What a refresh token turned out to be. */
export type Rotation =
  | { kind: 'rotated'; userId: string; sessionId: string; refreshToken: string }
  /** Used a second time, long after the first: a copy is in other hands, so the whole session was revoked. */
  | { kind: 'reused'; userId: string; sessionId: string }

const sha256 = (token: string) => createHash('sha256').update(token).digest()

/** Begins a session; answers its first refresh token, which is stored only as its SHA-256. */
export async function beginSession(pool: Pool, userId: string, sessionId: string): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  await pool.query(
    `insert into record.refresh_tokens (token_sha256, session_id, user_id, issued_at, session_started_at)
     values ($1, $2, $3, now(), now())`,
    [sha256(token), sessionId, userId],
  )
  return token
}

/**
 * Uses a refresh token once and gives its successor.
 * @throws DomainError `unauthenticated` when it is unknown, too old or revoked; `conflict` when another tab used it a moment ago
 */
export const rotate = (pool: Pool, token: string): Promise<Rotation> =>
  inTransaction(pool, async (connection) => {
    const row = await lockToken(connection, token)
    if (!row || row.revoked_at) throw ended()
    if (row.used_at) {
      if (row.raced)
        throw new DomainError(
          'conflict',
          'Another tab has just refreshed this session; use the tokens that it got.',
        )
      await revokeSession(connection, row.session_id)
      return { kind: 'reused', userId: row.user_id, sessionId: row.session_id }
    }
    if (!row.fresh) throw ended()
    const successor = randomBytes(32).toString('base64url')
    await connection.query(
      `update record.refresh_tokens set used_at = now(), successor_sha256 = $2 where token_sha256 = $1`,
      [sha256(token), sha256(successor)],
    )
    await connection.query(
      `insert into record.refresh_tokens (token_sha256, session_id, user_id, issued_at, session_started_at)
       values ($1, $2, $3, now(), $4)`,
      [sha256(successor), row.session_id, row.user_id, row.session_started_at],
    )
    return { kind: 'rotated', userId: row.user_id, sessionId: row.session_id, refreshToken: successor }
  })

/** Ends the session that a refresh token belongs to; null when there is none to end. */
export async function endSession(
  pool: Pool,
  token: string,
): Promise<{ userId: string; sessionId: string } | null> {
  return inTransaction(pool, async (connection) => {
    const row = await lockToken(connection, token)
    if (!row || row.revoked_at) return null
    await revokeSession(connection, row.session_id)
    return { userId: row.user_id, sessionId: row.session_id }
  })
}

/** Ends all sessions of a user, but the one to keep. */
export async function endSessionsOf(
  pool: Pool | Connection,
  userId: string,
  keptSessionId: string | null,
): Promise<void> {
  await pool.query(
    `update record.refresh_tokens set revoked_at = now()
     where user_id = $1 and revoked_at is null and session_id is distinct from $2`,
    [userId, keptSessionId],
  )
}

async function lockToken(connection: Connection, token: string): Promise<TokenRow | undefined> {
  const { rows } = await connection.query<TokenRow>(
    `select session_id, user_id, session_started_at, used_at, revoked_at,
            issued_at > now() - make_interval(days => $2) and session_started_at > now() - make_interval(days => $3) as fresh,
            coalesce(used_at > now() - make_interval(secs => $4), false) as raced
     from record.refresh_tokens where token_sha256 = $1 for update`,
    [sha256(token), idleDays, absoluteDays, raceSeconds],
  )
  return rows[0]
}

async function revokeSession(connection: Connection, sessionId: string): Promise<void> {
  await connection.query(
    `update record.refresh_tokens set revoked_at = now() where session_id = $1 and revoked_at is null`,
    [sessionId],
  )
}

const ended = () => new DomainError('unauthenticated', 'This session has ended; sign in again.')
