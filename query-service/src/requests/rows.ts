import type { Engine, Environment, RequestKind, RequestRow, RequestStatus } from '@sre-portal/contracts'

/** Columns of a request's row in a list, over `rowTables`. */
export const rowColumns = `r.id, r.number::int, r.title, r.status, r.kind, r.requester_id as "requesterId",
  coalesce(u.name, 'unknown') as "requesterName", r.pod_id as "podId", coalesce(p.name, r.pod_id) as "podName",
  r.instance_id as "instanceId", coalesce(i.name, 'unknown') as "instanceName", r.engine,
  coalesce(i.environment, 'production') as environment, r.database, r.submitted_at as "submittedAt",
  r.updated_at as "updatedAt", r.updated_position as "updatedPosition", r.revision::int`

export const rowTables = `read.requests r
  left join read.users u on u.id = r.requester_id
  left join read.pods p on p.id = r.pod_id
  left join read.instances i on i.id = r.instance_id`

export interface ListedRequest {
  id: string
  number: number
  title: string
  status: RequestStatus
  kind: RequestKind
  requesterId: string
  requesterName: string
  podId: string
  podName: string
  instanceId: string
  instanceName: string
  engine: Engine
  environment: Environment
  database: string
  submittedAt: Date
  updatedAt: Date
  updatedPosition: string
  revision: number
}

export const requestRowOf = (row: ListedRequest): RequestRow => ({
  id: row.id,
  number: row.number,
  title: row.title,
  status: row.status,
  kind: row.kind,
  requester: { id: row.requesterId, name: row.requesterName },
  pod: { id: row.podId, name: row.podName },
  target: {
    id: row.instanceId,
    name: row.instanceName,
    engine: row.engine,
    environment: row.environment,
  },
  database: row.database,
  submittedAt: row.submittedAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
  revision: row.revision,
})
