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

/** Pods that the person decides for: none without the role for it. The same rule as domain's `decidesFor`. */
export const decidedPods = (reader: Reader): SessionUser['managedPods'] =>
  reader.role === 'MANAGER' ? reader.pods : []
