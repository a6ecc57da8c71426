import type { PodRow } from '@sre-portal/contracts'
import type { Asked } from '../http/asked.ts'

/** GET /api/pods: everybody may know who decides. */
export async function listPods({
  services,
  position,
}: Asked): Promise<{ items: PodRow[]; position: string }> {
  const items = await services.readModel.query<PodRow>(
    `select p.id, p.name, p.revision::int,
       (select json_build_object('id', m.id, 'name', m.name) from read.users m where m.id = p.manager_id) as manager,
       coalesce((select json_agg(json_build_object('id', u.id, 'name', u.name) order by d.place)
         from unnest(p.deputy_ids) with ordinality as d (id, place) join read.users u on u.id = d.id), '[]') as deputies
     from read.pods p order by lower(p.name), p.id`,
  )
  return { items, position }
}
