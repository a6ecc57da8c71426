import { uuidSchema, type Execution, type RequestStatus } from '@sre-portal/contracts'
import {
  decidesFor,
  decidingFor,
  DomainError,
  ensure,
  mayViewRequest,
  type Decision,
  type Lineage,
  type Pod,
  type RequestInQuestion,
} from '@sre-portal/domain'
import type { Conditions } from '../conditions.ts'
import { decidedPods, loadLineage, type Reader } from '../reader.ts'
import type { ReadModel } from '../readModel.ts'

/** Limits a list over read.requests as `r` to what `mayViewRequest` of domain allows for each of its rows. */
export function addScope(where: Conditions, reader: Reader): void {
  if (reader.role === 'ADMIN') return
  const own = `r.requester_id = ${where.bind(reader.id)}`
  const pods = decidedPods(reader).map(({ id }) => id)
  where.add(pods.length > 0 ? `${own} or r.pod_id = any(${where.bind(pods)})` : own)
}

/** A request with what the rights on it depend on. */
export interface Scoped {
  id: string
  question: RequestInQuestion
  pod: Pod | null
  execution: Execution | null
}

/** A request that the reader may view. @throws DomainError `not_found` for all others, whether they exist or not */
export async function viewable(readModel: ReadModel, reader: Reader, id: string): Promise<Scoped> {
  const [row] = uuidSchema.safeParse(id).success
    ? await readModel.query<ScopeRow>(`${scopeRows} where r.id = $1`, [id])
    : []
  if (!row) throw new DomainError('not_found', 'There is no such request.')
  const scoped = scopedOf(row)
  ensure(mayViewRequest(reader, scoped.question, scoped.pod))
  return scoped
}

/** What the reader's right to approve any of these requests is judged by; asked for once for all of them. */
export const lineageFor = (
  readModel: ReadModel,
  reader: Reader,
  requests: readonly Pick<Scoped, 'pod'>[],
): Promise<Lineage> => {
  const decided = requests.flatMap(({ pod }) => (decidesFor(reader, pod) ? [pod] : []))
  return loadLineage(
    readModel,
    decided.map((pod) => decidingFor(reader, pod)),
  )
}

/** Columns and joins that `scopedOf` takes; a list may add its own. */
export const scopeColumns = `r.id, r.status, r.requester_id as "requesterId", r.pod_id as "podId", r.decision, r.execution,
  p.name as "podName", p.manager_id as "managerId", coalesce(p.deputy_ids, '{}') as "deputyIds",
  coalesce(p.memberships, '{}') as memberships`
const scopeRows = `select ${scopeColumns} from read.requests r left join read.pods p on p.id = r.pod_id`

export interface ScopeRow {
  id: string
  status: RequestStatus
  requesterId: string
  podId: string
  podName: string | null
  managerId: string | null
  deputyIds: string[]
  memberships: Pod['memberships']
  decision: Decision | null
  execution: Execution | null
}

export function scopedOf(row: ScopeRow): Scoped {
  const { id, status, requesterId, podId, podName, managerId, deputyIds, memberships } = row
  const { decision, execution } = row
  return {
    id,
    execution,
    pod: podName === null ? null : { id: podId, name: podName, managerId, deputyIds, memberships },
    question: {
      requesterId,
      podId,
      status,
      decision,
      cancellationRequested: (execution?.cancellationRequestedBy ?? null) !== null,
    },
  }
}
