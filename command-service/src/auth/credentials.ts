import type { Connection, Pool } from '@sre-portal/platform/postgres'

/** The stored hash of an account's password, and the revision of the event that has set it; -1 of earlier versions, which kept none. */
export interface StoredPassword {
  hash: string
  revision: number
}

/** A hash that waits for its event. */
export interface PreparedPassword {
  hash: string
  /** The session that goes on when the password changes; null for none. */
  keptSessionId: string | null
}

/** What is stored of a user's password; null when nothing is. */
export async function storedPasswordOf(
  connection: Connection | Pool,
  userId: string,
): Promise<StoredPassword | null> {
  const { rows } = await connection.query<{ password_hash: string; revision: string }>(
    'select password_hash, revision from record.user_credentials where user_id = $1',
    [userId],
  )
  const [row] = rows
  return row ? { hash: row.password_hash, revision: Number(row.revision) } : null
}

/** Who has a canonical e-mail address by what is stored; null when nobody has it. */
export async function userIdBehind(pool: Pool, email: string): Promise<string | null> {
  const { rows } = await pool.query<{ user_id: string }>(
    'select user_id from record.user_credentials where email = $1',
    [email],
  )
  return rows[0]?.user_id ?? null
}

/** Stores the hash that the event at `revision` has set. Only for the last such event, and under the account's lock. */
export async function writePassword(
  connection: Connection,
  user: { id: string; email: string },
  { hash, revision }: StoredPassword,
): Promise<void> {
  await connection.query(
    `insert into record.user_credentials (user_id, email, password_hash, revision) values ($1, $2, $3, $4)
     on conflict (user_id) do update
       set password_hash = excluded.password_hash, revision = excluded.revision, updated_at = now()`,
    [user.id, user.email, hash, revision],
  )
}

/** Puts a costlier hash of the same password in the place of an outdated one, unless the password was changed meanwhile. */
export async function replaceHash(pool: Pool, userId: string, before: string, hash: string): Promise<void> {
  await pool.query(
    'update record.user_credentials set password_hash = $3, updated_at = now() where user_id = $1 and password_hash = $2',
    [userId, before, hash],
  )
}

/** Keeps the hash for the event that is about to be appended: from then on the password changes with the event, whoever dies. */
export async function preparePassword(
  pool: Pool,
  userId: string,
  eventId: string,
  { hash, keptSessionId }: PreparedPassword,
): Promise<void> {
  await pool.query(
    `insert into record.prepared_passwords (event_id, user_id, password_hash, kept_session_id) values ($1, $2, $3, $4)
     on conflict (event_id) do update
       set password_hash = excluded.password_hash, kept_session_id = excluded.kept_session_id, prepared_at = now()`,
    [eventId, userId, hash, keptSessionId],
  )
}

/** What was prepared for an event; null when nothing was. */
export async function preparedFor(connection: Connection, eventId: string): Promise<PreparedPassword | null> {
  const { rows } = await connection.query<{ password_hash: string; kept_session_id: string | null }>(
    'select password_hash, kept_session_id from record.prepared_passwords where event_id = $1',
    [eventId],
  )
  const [row] = rows
  return row ? { hash: row.password_hash, keptSessionId: row.kept_session_id } : null
}

/** Forgets what was prepared for events that are in the log: it is stored, or another one has come after it. */
export async function forgetPrepared(connection: Connection, eventIds: readonly string[]): Promise<void> {
  await connection.query('delete from record.prepared_passwords where event_id = any($1)', [eventIds])
}

/** Whose passwords were prepared and are not settled: the service died, PostgreSQL failed, or the command was not carried out. */
export async function usersWithPrepared(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ user_id: string }>(
    'select distinct user_id from record.prepared_passwords order by user_id',
  )
  return rows.map((row) => row.user_id)
}

/** Those whose event has not come for a day: no append takes so long. */
export const forgetUnused = (pool: Pool) =>
  pool.query(`delete from record.prepared_passwords where prepared_at < now() - interval '1 day'`)

/** Whose stored password does not say which event has set it. */
export async function usersWithoutRevision(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ user_id: string }>(
    'select user_id from record.user_credentials where revision = -1 order by user_id',
  )
  return rows.map((row) => row.user_id)
}

/** Says which event has set the stored password that does not say so itself. */
export async function dateStored(pool: Pool, userId: string, revision: number): Promise<void> {
  await pool.query('update record.user_credentials set revision = $2 where user_id = $1 and revision = -1', [
    userId,
    revision,
  ])
}
