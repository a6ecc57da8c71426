import type { Endpoint, InstanceRow } from '@sre-portal/contracts'
import { mayUsePortal } from '@sre-portal/domain'
import type { Asked } from '../http/asked.ts'

type Connection = NonNullable<InstanceRow['connection']>
type StoredInstance = Omit<InstanceRow, 'connection'> & {
  endpoint: Endpoint
  username: string
  passwordSetAt: Date | null
  lastTest: Connection['lastTest']
}

/** GET /api/instances: where and as whom they are reached, and retired ones, only for who manages them. */
export async function listInstances({
  reader,
  services,
  position,
}: Asked): Promise<{ items: InstanceRow[]; position: string }> {
  const manages = mayUsePortal(reader, 'manageInstances').allowed
  const rows = await services.readModel.query<StoredInstance>(
    `select id, name, engine, environment, databases, retired, revision::int, endpoint, username,
       password_set_at as "passwordSetAt", last_test as "lastTest"
     from read.instances where $1 or not retired order by retired, lower(name), id`,
    [manages],
  )
  const items = rows.map(({ endpoint, username, passwordSetAt, lastTest, ...row }) => ({
    ...row,
    connection: manages
      ? { endpoint, username, lastTest, passwordSetAt: passwordSetAt?.toISOString() ?? null }
      : null,
  }))
  return { items, position }
}
