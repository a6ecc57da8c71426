import type { Connection, Pool } from '@sre-portal/platform/postgres'

/** Stores a user's password hash under their canonical e-mail address. */
export async function storePasswordHash(
  connection: Connection | Pool,
  user: { id: string; email: string },
  hash: string,
): Promise<void> {
  await connection.query(
    `insert into record.user_credentials (user_id, email, password_hash) values ($1, $2, $3)
     on conflict (user_id) do update set password_hash = excluded.password_hash, updated_at = now()`,
    [user.id, user.email, hash],
  )
}

/** The user id and hash behind a canonical e-mail address; null when nobody has it. */
export async function findCredentials(
  pool: Pool,
  email: string,
): Promise<{ userId: string; hash: string } | null> {
  const { rows } = await pool.query<{ user_id: string; password_hash: string }>(
    'select user_id, password_hash from record.user_credentials where email = $1',
    [email],
  )
  return rows[0] ? { userId: rows[0].user_id, hash: rows[0].password_hash } : null
}

/** The hash of a user's password; null when none was set. */
export async function passwordHashOf(pool: Pool, userId: string): Promise<string | null> {
  const { rows } = await pool.query<{ password_hash: string }>(
    'select password_hash from record.user_credentials where user_id = $1',
    [userId],
  )
  return rows[0]?.password_hash ?? null
}
