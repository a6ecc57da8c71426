import type { Role, SessionUser } from '@sre-portal/contracts'
import {
  firstOfLineage,
  nobodyKnown,
  type Approver,
  type Deciding,
  type Identity,
  type Lineage,
} from '@sre-portal/domain'
import type { ReadModel } from './readModel.ts'

/** The person who asks, as the read model knows them now, with the pods whose manager or deputy they are. */
export interface Reader extends Approver {
  name: string
  email: string
  pods: SessionUser['managedPods']
}

/** Current state of these people; whoever is not known is absent. */
export async function loadReaders(
  readModel: ReadModel,
  ids: readonly string[],
): Promise<Map<string, Reader>> {
  const rows = await readModel.query<Reader & { role: Role }>(
    `select u.id, u.email, u.name, u.role, u.active, u.account_history as identity, coalesce(
       (select json_agg(json_build_object('id', p.id, 'name', p.name,
          'as', case when p.manager_id = u.id then 'manager' else 'deputy' end) order by p.name, p.id)
        from read.pods p where p.manager_id = u.id or u.id = any(p.deputy_ids)), '[]') as pods
     from read.users u where u.id = any($1::uuid[])`,
    [ids],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/** The accounts from which those of `deciding` come, over any chain of people: what a right to approve is judged by. */
export async function loadLineage(readModel: ReadModel, deciding: readonly Deciding[]): Promise<Lineage> {
  const first = [...new Set(deciding.flatMap(firstOfLineage))]
  if (first.length === 0) return nobodyKnown
  const rows = await readModel.query<{ id: string; identity: Identity }>(
    `with recursive lineage (id) as (
       select unnest($1::uuid[])
       union
       select (deed ->> 'by')::uuid from lineage join read.users using (id),
         jsonb_array_elements(account_history -> 'deeds') deed
     )
     select id, account_history as identity from read.users join lineage using (id)`,
    [first],
  )
  return new Map(rows.map(({ id, identity }) => [id, identity]))
}

const mayDecide = ({ role }: { role: Role }) => role === 'MANAGER'

/** Pods that the person decides for: none without the role for it. The same rule as domain's `decidesFor`. */
export const decidedPods = (reader: Reader): SessionUser['managedPods'] =>
  mayDecide(reader) ? reader.pods : []

export interface PodsInShort {
  pods: SessionUser['managedPods']
  podCount: number
}

/** As `decidedPods`, of many people: the first `named` by name, and how many they are; whoever decides for none is absent. */
export async function decidedPodsInShort(
  readModel: ReadModel,
  people: readonly { id: string; role: Role }[],
  named: number,
): Promise<Map<string, PodsInShort>> {
  const ids = people.filter(mayDecide).map(({ id }) => id)
  if (ids.length === 0) return new Map()
  const rows = await readModel.query<PodsInShort & { id: string }>(
    `with decided as (
       select member, "as", p.id, p.name, row_number() over (partition by member order by p.name, p.id) as place
       from read.pods p, lateral (
         select p.manager_id as member, 'manager' as "as"
         union all select deputy, 'deputy' from unnest(p.deputy_ids) deputy where deputy is distinct from p.manager_id) members
       where member = any($1::uuid[]) and (p.manager_id = any($1::uuid[]) or p.deputy_ids && $1::uuid[]))
     select member as id, count(*)::int as "podCount",
       json_agg(json_build_object('id', id, 'name', name, 'as', "as") order by place) filter (where place <= $2) as pods
     from decided group by member`,
    [ids, named],
  )
  return new Map(rows.map((row) => [row.id, row]))
}
