import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { DomainError } from '@sre-portal/domain'
import { inTransaction, type Connection, type Pool } from '@sre-portal/platform/postgres'

const idleDays = 7
const absoluteDays = 30
const graceSeconds = 10

interface TokenRow {
  session_id: string
  user_id: string
  started_at: Date
  ended_at: Date | null
  used_at: Date | null
  successor_sha256: Buffer | null
  fresh: boolean
  in_grace: boolean
}

/** What a refresh token turned out to be. */
export type Rotation =
  | { kind: 'rotated'; userId: string; sessionId: string; refreshToken: string }
  /** Used a second time, long after the first: a copy is in other hands, so the whole session was ended. */
  | { kind: 'reused'; userId: string; sessionId: string }

const sha256 = (token: string) => createHash('sha256').update(token).digest()

/**
 * Begins a session; answers its first refresh token, which is stored only as its SHA-256. Null when the password that was judged, of this
 * revision, was changed meanwhile: the end of the account's sessions came too early for this one.
 */
export const beginSession = (
  pool: Pool,
  { userId, passwordRevision }: { userId: string; passwordRevision: number },
  sessionId: string,
): Promise<string | null> =>
  inTransaction(pool, async (connection) => {
    const { rowCount } = await connection.query(
      'select from record.user_credentials where user_id = $1 and revision = $2 for share',
      [userId, passwordRevision],
    )
    if (rowCount !== 1) return null
    const token = randomBytes(32).toString('base64url')
    await connection.query(
      'insert into record.sessions (session_id, user_id, started_at) values ($1, $2, now())',
      [sessionId, userId],
    )
    await addToken(connection, token, { sessionId, userId, startedAt: new Date() })
    return token
  })

/** True while the session that an access token was issued in goes on. */
export async function isSessionOpen(pool: Pool, userId: string, sessionId: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    'select from record.sessions where session_id::text = $1 and user_id::text = $2 and ended_at is null',
    [sessionId, userId],
  )
  return rowCount === 1
}

/** The same, with the revision of the event that has set the stored password of its user; null when none is stored. */
export async function openSession(
  pool: Pool,
  userId: string,
  sessionId: string,
): Promise<{ password: { revision: number } | null } | null> {
  const { rows } = await pool.query<{ revision: string | null }>(
    `select c.revision from record.sessions s left join record.user_credentials c using (user_id)
     where s.session_id::text = $1 and s.user_id::text = $2 and s.ended_at is null`,
    [sessionId, userId],
  )
  const [row] = rows
  return row ? { password: row.revision === null ? null : { revision: Number(row.revision) } } : null
}

/**
 * Exchanges a refresh token for its successor. The same token again within ten seconds, from a second tab or after a lost answer, gets the same
 * successor: it is derived from the token by a key of the service, and stored only as its SHA-256.
 * @throws DomainError `unauthenticated` when it is unknown, too old, or its session has ended
 */
export const rotate = (pool: Pool, secret: string, token: string): Promise<Rotation> =>
  inTransaction(pool, async (connection) => {
    const row = await lockToken(connection, token)
    if (!row || row.ended_at) throw ended()
    const { user_id: userId, session_id: sessionId } = row
    const refreshToken = successorOf(secret, token)
    if (row.used_at) {
      if (row.in_grace && isSame(row.successor_sha256, sha256(refreshToken)))
        return { kind: 'rotated', userId, sessionId, refreshToken }
      await end(connection, sessionId)
      return { kind: 'reused', userId, sessionId }
    }
    if (!row.fresh) throw ended()
    await connection.query(
      'update record.refresh_tokens set used_at = now(), successor_sha256 = $2 where token_sha256 = $1',
      [sha256(token), sha256(refreshToken)],
    )
    await addToken(connection, refreshToken, { sessionId, userId, startedAt: row.started_at })
    return { kind: 'rotated', userId, sessionId, refreshToken }
  })

/** Ends the session that a refresh token belongs to; null when there is none to end. */
export const endSession = (
  pool: Pool,
  token: string,
): Promise<{ userId: string; sessionId: string } | null> =>
  inTransaction(pool, async (connection) => {
    const row = await lockToken(connection, token)
    if (!row || row.ended_at) return null
    await end(connection, row.session_id)
    return { userId: row.user_id, sessionId: row.session_id }
  })

/** Ends a session by its id, of this user or (null) of anybody; null when there is none that goes on. */
export async function endSessionById(
  pool: Pool,
  sessionId: string,
  userId: string | null,
): Promise<{ userId: string; sessionId: string } | null> {
  const { rows } = await pool.query<{ user_id: string }>(
    `update record.sessions set ended_at = now()
     where session_id = $1 and ended_at is null and ($2::uuid is null or user_id = $2) returning user_id`,
    [sessionId, userId],
  )
  return rows[0] ? { userId: rows[0].user_id, sessionId } : null
}

/** Ends all sessions of a user, but the one to keep. */
export async function endSessionsOf(
  pool: Pool | Connection,
  userId: string,
  keptSessionId: string | null,
): Promise<void> {
  await pool.query(
    `update record.sessions set ended_at = now()
     where user_id = $1 and ended_at is null and session_id is distinct from $2`,
    [userId, keptSessionId],
  )
}

// The session is locked, not the token: a refresh and the end of the session at the same moment come one after the other.
async function lockToken(connection: Connection, token: string): Promise<TokenRow | undefined> {
  const { rows: sessions } = await connection.query<{ session_id: string }>(
    `select session_id from record.sessions
     where session_id = (select session_id from record.refresh_tokens where token_sha256 = $1) for update`,
    [sha256(token)],
  )
  if (!sessions[0]) return undefined
  const { rows } = await connection.query<TokenRow>(
    `select s.session_id, s.user_id, s.started_at, s.ended_at, t.used_at, t.successor_sha256,
            t.issued_at > now() - make_interval(days => $2) and s.started_at > now() - make_interval(days => $3) as fresh,
            coalesce(t.used_at > now() - make_interval(secs => $4), false) as in_grace
     from record.refresh_tokens t join record.sessions s on s.session_id = t.session_id where t.token_sha256 = $1`,
    [sha256(token), idleDays, absoluteDays, graceSeconds],
  )
  return rows[0]
}

async function addToken(
  connection: Connection,
  token: string,
  { sessionId, userId, startedAt }: { sessionId: string; userId: string; startedAt: Date },
): Promise<void> {
  await connection.query(
    `insert into record.refresh_tokens (token_sha256, session_id, user_id, issued_at, session_started_at)
     values ($1, $2, $3, now(), $4)`,
    [sha256(token), sessionId, userId, startedAt],
  )
}

async function end(connection: Connection, sessionId: string): Promise<void> {
  await connection.query(
    'update record.sessions set ended_at = now() where session_id = $1 and ended_at is null',
    [sessionId],
  )
}

const successorOf = (secret: string, token: string) =>
  createHmac('sha256', secret).update(`refresh:${token}`).digest('base64url')

const isSame = (one: Buffer | null, other: Buffer) => one !== null && timingSafeEqual(one, other)

const ended = () => new DomainError('unauthenticated', 'This session has ended; sign in again.')
