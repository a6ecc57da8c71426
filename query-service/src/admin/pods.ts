import type { PodListQuery, podListSchema, PodRow } from '@sre-portal/contracts'
import type { z } from 'zod'
import { containing, type Conditions } from '../conditions.ts'
import type { Asked } from '../http/asked.ts'
import { byName, readSteppedPage } from '../steppedPage.ts'

/** GET /api/pods: everybody may know who decides. */
export async function listPods({
  query,
  services,
  position,
}: Asked<PodListQuery>): Promise<z.input<typeof podListSchema>> {
  const { rows, ...page } = await readSteppedPage<PodRow>(
    services.readModel,
    {
      name: 'pods',
      columns: `p.id, p.name, p.revision::int,
        (select json_build_object('id', m.id, 'name', m.name) from read.users m where m.id = p.manager_id) as manager,
        coalesce((select json_agg(json_build_object('id', u.id, 'name', u.name) order by d.place)
          from unnest(p.deputy_ids) with ordinality as d (id, place) join read.users u on u.id = d.id), '[]') as deputies`,
      from: 'read.pods p',
      direction: 'asc',
      key: [byName('p.name'), { sql: 'p.id', type: 'text' }],
      narrow: (where) => addFilters(where, query),
    },
    query,
  )
  const items = rows.map(({ id, name, revision, manager, deputies }) => ({
    ...{ id, name, revision, manager, deputies },
  }))
  return { items, ...page, position }
}

function addFilters(where: Conditions, { q, id, memberId }: PodListQuery): void {
  if (id) where.add(`p.id = any(${where.bind(id)})`)
  if (memberId) {
    const member = `${where.bind(memberId)}::uuid`
    where.add(`p.manager_id = ${member} or ${member} = any(p.deputy_ids)`)
  }
  if (q) {
    const words = `lower(${where.bind(containing(q))}::text)`
    where.add(`lower(p.name) like ${words} or lower(p.id) like ${words}
      or p.manager_id in (select id from read.users where lower(name) like ${words})
      or p.deputy_ids && array(select id from read.users where lower(name) like ${words})`)
  }
}
