import type { Notification, NotificationList, notificationQuerySchema, Target } from '@sre-portal/contracts'
import { mayActOnRequest, type Lineage } from '@sre-portal/domain'
import type { z } from 'zod'
import { conditions } from '../conditions.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import type { Asked } from '../http/asked.ts'
import type { Reader } from '../reader.ts'
import { addScope, lineageFor, scopeColumns, scopedOf, type ScopeRow } from '../requests/scope.ts'

interface StoredNotification extends ScopeRow {
  position: string
  at: Date
  type: string
  text: string
  by: Notification['by']
  read: boolean
  number: number
  title: string
  target: Target
  database: string
}

const order = 'notifications'
const tables = `read.notifications n
  join read.requests r on r.id = n.request_id
  left join read.pods p on p.id = r.pod_id
  left join read.instances i on i.id = r.instance_id
  left join record.notification_reads seen on seen.user_id = n.recipient_id`
const isRead = 'n.position <= coalesce(seen.read_up_to, 0)'

/** GET /api/notifications: newest first; what the person may not view any more is not told either. */
export async function listNotifications({
  reader,
  query,
  services,
  position,
}: Asked<z.output<typeof notificationQuerySchema>>): Promise<NotificationList> {
  const where = conditions()
  where.add(`n.recipient_id = ${where.bind(reader.id)}`)
  addScope(where, reader)
  const [counted] = await services.readModel.query<{ total: number; unread: number }>(
    `select count(*)::int as total, (count(*) filter (where not (${isRead})))::int as unread
     from ${tables} where ${where.sql()}`,
    where.values,
  )
  if (query.cursor) where.add(`n.position < ${where.bind(decodeCursor(order, query.cursor))}`)
  const rows = await services.readModel.query<StoredNotification>(
    `select ${scopeColumns}, n.position, n.at, n.type, n.text, n.by, ${isRead} as read, r.number::int, r.title, r.database,
       json_build_object('id', r.instance_id, 'name', coalesce(i.name, 'unknown'), 'engine', r.engine,
         'environment', coalesce(i.environment, 'production')) as target
     from ${tables} where ${where.sql()} order by n.position desc limit ${where.bind(query.limit + 1)}`,
    where.values,
  )
  const page = rows.slice(0, query.limit)
  const last = rows.length > query.limit ? page.at(-1) : undefined
  const lineage = await lineageFor(services.readModel, reader, page.map(scopedOf))
  return {
    items: page.map((row) => notificationOf(row, reader, lineage)),
    total: counted?.total ?? 0,
    unread: counted?.unread ?? 0,
    nextCursor: last ? encodeCursor(order, last.position) : null,
    position,
  }
}

const notificationOf = (row: StoredNotification, reader: Reader, lineage: Lineage): Notification => ({
  id: row.position,
  at: row.at.toISOString(),
  needsAction: needsAction(row, reader, lineage),
  read: row.read,
  text: row.text,
  request: {
    id: row.id,
    number: row.number,
    title: row.title,
    status: row.status,
    target: row.target,
    database: row.database,
  },
  by: row.by,
})

// Asked anew at each reading: once somebody has decided, nobody else has to.
function needsAction(row: StoredNotification, reader: Reader, lineage: Lineage): boolean {
  const { question, pod } = scopedOf(row)
  if (row.type === 'RequestSubmitted')
    return mayActOnRequest(reader, 'approve', question, pod, lineage).allowed
  if (row.type === 'ExecutionOutcomeUnknown') return mayActOnRequest(reader, 'settle', question, pod).allowed
  return false
}
