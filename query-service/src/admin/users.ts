import type { UserListQuery, userListSchema, UserRow } from '@sre-portal/contracts'
import type { z } from 'zod'
import { containing, type Conditions } from '../conditions.ts'
import type { Asked } from '../http/asked.ts'
import { decidedPodsInShort } from '../reader.ts'
import { byName, readSteppedPage } from '../steppedPage.ts'

type StoredUser = Omit<UserRow, 'registeredAt' | 'lastLoginAt' | 'pods' | 'podCount'> & {
  registeredAt: Date
  lastLoginAt: Date | null
}

/** Pods that a row names; of more it gives the number. */
const namedPods = 5

/** GET /api/users */
export async function listUsers({
  query,
  services: { readModel },
  position,
}: Asked<UserListQuery>): Promise<z.input<typeof userListSchema>> {
  const { rows, ...page } = await readSteppedPage<StoredUser>(
    readModel,
    {
      name: 'users',
      columns: `u.id, u.email, u.name, u.role, u.active, u.demo, u.registered_at as "registeredAt",
        u.last_login_at as "lastLoginAt", u.revision::int`,
      from: 'read.users u',
      direction: 'asc',
      key: [byName('u.name'), { sql: 'u.id', type: 'uuid' }],
      narrow: (where) => addFilters(where, query),
    },
    query,
  )
  const decided = await decidedPodsInShort(readModel, rows, namedPods)
  const items = rows.map(({ id, email, name, role, active, demo, registeredAt, lastLoginAt, revision }) => {
    return {
      ...{ id, email, name, role, active, demo, revision },
      pods: decided.get(id)?.pods ?? [],
      podCount: decided.get(id)?.podCount ?? 0,
      registeredAt: registeredAt.toISOString(),
      lastLoginAt: lastLoginAt?.toISOString() ?? null,
    }
  })
  return { items, ...page, position }
}

function addFilters(where: Conditions, { q, id, role, active, podId }: UserListQuery): void {
  if (id) where.add(`u.id = any(${where.bind(id)}::uuid[])`)
  if (role) where.add(`u.role = ${where.bind(role)}`)
  if (active) where.add(`u.active = ${where.bind(active === 'true')}`)
  if (podId)
    where.add(`u.role = 'MANAGER' and exists (select from read.pods p where p.id = ${where.bind(podId)}
      and (p.manager_id = u.id or u.id = any(p.deputy_ids)))`)
  if (q) {
    const words = `lower(${where.bind(containing(q))}::text)`
    where.add(`lower(u.name) like ${words} or lower(u.email) like ${words}`)
  }
}
