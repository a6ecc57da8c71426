import type { requestListSchema, RequestListQuery } from '@sre-portal/contracts'
import type { z } from 'zod'
import { conditions, containing, type Conditions } from '../conditions.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import type { Asked } from '../http/asked.ts'
import { decidedPods, type Reader } from '../reader.ts'
import { requestRowOf, rowColumns, rowTables, type ListedRequest } from './rows.ts'
import { addScope } from './scope.ts'

const failedWithinMs = 24 * 3600 * 1000

// Each order goes by one unique key, so that a page begins exactly after the last row of the one before, whatever came in between.
const orders = {
  newest: { key: 'r.number', direction: 'desc', comparison: '<' },
  oldest: { key: 'r.number', direction: 'asc', comparison: '>' },
  updated: { key: 'r.updated_position', direction: 'desc', comparison: '<' },
} as const

/** GET /api/requests */
export async function listRequests({
  query,
  reader,
  services,
  position,
}: Asked<RequestListQuery>): Promise<z.input<typeof requestListSchema>> {
  const where = conditions()
  addScope(where, reader)
  addView(where, query, reader, services.now())
  addFilters(where, query)
  const [counted] = await services.readModel.query<{ total: number }>(
    `select count(*)::int as total from read.requests r where ${where.sql()}`,
    where.values,
  )
  const { key, direction, comparison } = orders[query.sort]
  if (query.cursor) where.add(`${key} ${comparison} ${where.bind(decodeCursor(query.sort, query.cursor))}`)
  const rows = await services.readModel.query<ListedRequest>(
    `select ${rowColumns} from ${rowTables} where ${where.sql()}
     order by ${key} ${direction} limit ${where.bind(query.limit + 1)}`,
    where.values,
  )
  const page = rows.slice(0, query.limit)
  const last = rows.length > query.limit ? page.at(-1) : undefined
  return {
    items: page.map(requestRowOf),
    total: counted?.total ?? 0,
    nextCursor: last
      ? encodeCursor(query.sort, query.sort === 'updated' ? last.updatedPosition : String(last.number))
      : null,
    position,
  }
}

/** Narrows to what waits for this person's decision. */
export function addWaitingFor(where: Conditions, reader: Reader): void {
  where.add(`r.status = 'PENDING'`)
  where.add(`r.requester_id <> ${where.bind(reader.id)}`)
  where.add(`r.pod_id = any(${where.bind(decidedPods(reader).map(({ id }) => id))})`)
}

function addView(where: Conditions, { view }: RequestListQuery, reader: Reader, now: Date): void {
  switch (view) {
    case 'all':
      return
    case 'mine':
      return where.add(`r.requester_id = ${where.bind(reader.id)}`)
    case 'review':
      return addWaitingFor(where, reader)
    case 'failed':
      where.add(`r.status in ('FAILED', 'UNKNOWN')`)
      return where.add(`r.finished_at >= ${where.bind(new Date(now.getTime() - failedWithinMs))}`)
    case 'running':
      return where.add(`r.status = 'EXECUTING'`)
  }
}

function addFilters(where: Conditions, query: RequestListQuery): void {
  const { status, podId, instanceId, requesterId, kind, q } = query
  if (status) where.add(`r.status = any(${where.bind(status)})`)
  if (podId) where.add(`r.pod_id = any(${where.bind(podId)})`)
  if (instanceId) where.add(`r.instance_id = any(${where.bind(instanceId)}::uuid[])`)
  if (requesterId) where.add(`r.requester_id = ${where.bind(requesterId)}`)
  if (kind) where.add(`r.kind = ${where.bind(kind)}`)
  if (q) where.add(`r.search like lower(${where.bind(containing(q))}::text)`)
}
