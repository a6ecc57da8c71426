import { inTransaction, type Pool } from '@sre-portal/platform/postgres'

/**
 * Stores the sealed password that the event at `revision` of the instance's stream has set, and never over a later one. Not an upsert: that
 * would need the right to read ciphertexts, and this service has none.
 */
export const storeSealedPassword = (
  pool: Pool,
  instanceId: string,
  { keyId, sealed, revision }: { keyId: string; sealed: string; revision: number },
): Promise<void> =>
  inTransaction(pool, async (connection) => {
    await connection.query('delete from record.target_credentials where instance_id = $1 and revision < $2', [
      instanceId,
      revision,
    ])
    await connection.query(
      `insert into record.target_credentials (instance_id, key_id, ciphertext, revision) values ($1, $2, $3, $4)
       on conflict do nothing`,
      [instanceId, keyId, sealed, revision],
    )
  })

/** Forgets the password of a retired instance: nothing is run on it any more. */
export async function forgetSealedPassword(pool: Pool, instanceId: string): Promise<void> {
  await pool.query('delete from record.target_credentials where instance_id = $1', [instanceId])
}
