import type pg from 'pg'

/** Where the projection stands; null before there is one. */
export async function checkpointOf(admin: pg.Client): Promise<bigint | null> {
  const { rows: found } = await admin.query<{ there: boolean }>(
    `select to_regclass('read.checkpoint') is not null as there`,
  )
  if (!found[0]?.there) return null
  const { rows } = await admin.query<{ position: string }>('select position from read.checkpoint')
  return rows[0] ? BigInt(rows[0].position) : null
}
