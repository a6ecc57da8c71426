import type { requestListSchema, RequestListQuery } from '@sre-portal/contracts'
import type { z } from 'zod'
import { conditions, containing, type Conditions } from '../conditions.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import type { Asked, Services } from '../http/asked.ts'
import { decidedPods, type Reader } from '../reader.ts'
import { requestRowOf, rowColumns, rowTables, type ListedRequest } from './rows.ts'
import { addScope } from './scope.ts'

const failedWithinMs = 24 * 3600 * 1000

// Each order goes by one unique key, so that a page begins exactly after the last row of the one before, whatever came in between.
const orders = {
  newest: { key: 'r.number', direction: 'desc', comparison: '<', beginning: String(10n ** 18n - 1n) },
  oldest: { key: 'r.number', direction: 'asc', comparison: '>', beginning: '0' },
  updated: {
    key: 'r.updated_position',
    direction: 'desc',
    comparison: '<',
    beginning: String(10n ** 18n - 1n),
  },
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
  const { key, direction, comparison, beginning } = orders[query.sort]
  const number = askedNumber(query.q)
  const exact = number !== null && !query.cursor ? await rowNumbered(services, where, number) : []
  if (number !== null) where.add(`r.number <> ${where.bind(number)}`)
  if (query.cursor) where.add(`${key} ${comparison} ${where.bind(decodeCursor(query.sort, query.cursor))}`)
  const rows = await services.readModel.query<ListedRequest>(
    `select ${rowColumns} from ${rowTables} where ${where.sql()}
     order by ${key} ${direction} limit ${where.bind(query.limit + 1 - exact.length)}`,
    where.values,
  )
  const page = rows.slice(0, query.limit - exact.length)
  const last = page.at(-1)
  const lastKey = last && (query.sort === 'updated' ? last.updatedPosition : String(last.number))
  return {
    items: [...exact, ...page].map(requestRowOf),
    total: counted?.total ?? 0,
    nextCursor: rows.length > page.length ? encodeCursor(query.sort, lastKey ?? beginning) : null,
    position,
  }
}

/** The one row that was asked for by its number, before all that only contain it; it stands in no later page. */
function rowNumbered(services: Services, where: Conditions, number: string): Promise<ListedRequest[]> {
  const values = [...where.values, number]
  return services.readModel.query<ListedRequest>(
    `select ${rowColumns} from ${rowTables} where ${where.sql()} and r.number = $${values.length}`,
    values,
  )
}

const askedNumber = (q: string | undefined): string | null => /^#?(\d{1,18})$/.exec(q ?? '')?.[1] ?? null

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
  if (q) where.add(searching(where, q))
}

/** The words anywhere in a request's text; eight and more hexadecimal digits may also begin the SHA-256 of its content. */
function searching(where: Conditions, q: string): string {
  const words = `r.search like lower(${where.bind(containing(q))}::text)`
  if (!/^[0-9a-f]{8,64}$/i.test(q)) return words
  return `${words} or r.content_hash like ${where.bind(`${q.toLowerCase()}%`)}`
}
