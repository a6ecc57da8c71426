import { inTransaction, type Connection, type Pool } from '@sre-portal/platform/postgres'
import { endSessionsOf } from './sessions.ts'

/**
 * Stores the hash that the event at `revision` of the user's stream has set, and never over a later one, so that it may be done again after a
 * crash between event and row. False when there was nothing to store.
 */
export async function storePasswordHash(
  connection: Connection | Pool,
  user: { id: string; email: string },
  hash: string,
  revision: number,
): Promise<boolean> {
  const { rowCount } = await connection.query(
    `insert into record.user_credentials as known (user_id, email, password_hash, revision) values ($1, $2, $3, $4)
     on conflict (user_id) do update
       set password_hash = excluded.password_hash, revision = excluded.revision, updated_at = now()
       where known.revision < excluded.revision`,
    [user.id, user.email, hash, revision],
  )
  return rowCount === 1
}

/** The same, and ends the user's sessions but the one to keep: whoever had the old password is out. */
export const changePasswordHash = (
  pool: Pool,
  user: { id: string; email: string },
  { hash, revision, keptSessionId }: { hash: string; revision: number; keptSessionId: string | null },
): Promise<void> =>
  inTransaction(pool, async (connection) => {
    if (await storePasswordHash(connection, user, hash, revision))
      await endSessionsOf(connection, user.id, keptSessionId)
  })

/** Puts a costlier hash of the same password in the place of an outdated one, unless the password was changed meanwhile. */
export async function replaceHash(pool: Pool, userId: string, before: string, hash: string): Promise<void> {
  await pool.query(
    'update record.user_credentials set password_hash = $3, updated_at = now() where user_id = $1 and password_hash = $2',
    [userId, before, hash],
  )
}

/** The user id and hash behind a canonical e-mail address, and which event has set it; null when nobody has it. */
export async function findCredentials(
  pool: Pool,
  email: string,
): Promise<{ userId: string; hash: string; passwordRevision: string } | null> {
  const { rows } = await pool.query<{ user_id: string; password_hash: string; revision: string }>(
    'select user_id, password_hash, revision from record.user_credentials where email = $1',
    [email],
  )
  const [found] = rows
  return found ? { userId: found.user_id, hash: found.password_hash, passwordRevision: found.revision } : null
}

/** The hash of a user's password; null when none was set. */
export async function passwordHashOf(pool: Pool, userId: string): Promise<string | null> {
  const { rows } = await pool.query<{ password_hash: string }>(
    'select password_hash from record.user_credentials where user_id = $1',
    [userId],
  )
  return rows[0]?.password_hash ?? null
}
