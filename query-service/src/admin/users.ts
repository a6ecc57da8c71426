import type { UserRow } from '@sre-portal/contracts'
import type { Asked } from '../http/asked.ts'
import { decidedPods, loadReaders } from '../reader.ts'

type StoredUser = Omit<UserRow, 'registeredAt' | 'lastLoginAt' | 'pods'> & {
  registeredAt: Date
  lastLoginAt: Date | null
}

/** GET /api/users */
export async function listUsers({
  services,
  position,
}: Asked): Promise<{ items: UserRow[]; position: string }> {
  const rows = await services.readModel.query<StoredUser>(
    `select id, email, name, role, active, demo, registered_at as "registeredAt", last_login_at as "lastLoginAt",
       revision::int from read.users order by lower(name), id`,
  )
  const readers = await loadReaders(
    services.readModel,
    rows.map(({ id }) => id),
  )
  const items = rows.map((row) => {
    const reader = readers.get(row.id)
    return {
      ...row,
      pods: reader ? decidedPods(reader) : [],
      registeredAt: row.registeredAt.toISOString(),
      lastLoginAt: row.lastLoginAt?.toISOString() ?? null,
    }
  })
  return { items, position }
}
