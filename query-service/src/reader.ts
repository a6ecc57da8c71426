import type { Role, SessionUser } from '@sre-portal/contracts'
import type { Approver } from '@sre-portal/domain'
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
    `select u.id, u.email, u.name, u.role, u.active, u.identity, coalesce(
       (select json_agg(json_build_object('id', p.id, 'name', p.name,
          'as', case when p.manager_id = u.id then 'manager' else 'deputy' end) order by p.name, p.id)
        from read.pods p where p.manager_id = u.id or u.id = any(p.deputy_ids)), '[]') as pods
     from read.users u where u.id = any($1::uuid[])`,
    [ids],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/** Pods that the person decides for: none without the role for it. The same rule as domain's `decidesFor`. */
export const decidedPods = (reader: Reader): SessionUser['managedPods'] =>
  reader.role === 'MANAGER' ? reader.pods : []
