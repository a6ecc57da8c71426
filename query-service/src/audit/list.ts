import type { AuditEntry, auditListSchema, AuditQuery } from '@sre-portal/contracts'
import type { z } from 'zod'
import { conditions, containing } from '../conditions.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import type { Asked } from '../http/asked.ts'

type StoredEntry = Omit<AuditEntry, 'at' | 'storedAt'> & { at: Date; storedAt: Date }
const order = 'audit'
/** Characters of a request's content in a list; the whole is in the request itself. */
const shownContent = 2000

/** GET /api/audit: newest first. */
export async function listAudit({
  query,
  services,
  position,
}: Asked<AuditQuery>): Promise<z.input<typeof auditListSchema>> {
  const where = conditions()
  // Lines and checkpoint are written together: what stands beyond it is not the projector's.
  where.add('position <= (select position from read.checkpoint)')
  const { category, type, actorId, subjectId, q, from, to } = query
  if (category) where.add(`category = ${where.bind(category)}`)
  if (type) where.add(`type = ${where.bind(type)}`)
  if (actorId) where.add(`actor_id = ${where.bind(actorId)}`)
  if (subjectId) where.add(`subject_id = ${where.bind(subjectId)}`)
  if (q) where.add(`search like lower(${where.bind(containing(q))}::text)`)
  if (from) where.add(`at >= ${where.bind(from)}`)
  if (to) where.add(`at < ${where.bind(to)}`)
  const [counted] = await services.readModel.query<{ total: number }>(
    `select count(*)::int as total from read.audit where ${where.sql()}`,
    where.values,
  )
  if (query.cursor) where.add(`position < ${where.bind(decodeCursor(order, query.cursor))}`)
  const rows = await services.readModel.query<StoredEntry>(
    `select position, event_id as "eventId", type, category, subject_id as "subjectId", subject, revision::int, actor, at,
       stored_at as "storedAt", summary, correlation_id as "correlationId", source_address as "sourceAddress",
       case when length(data ->> 'content') > ${shownContent}
         then data || jsonb_build_object('content', left(data ->> 'content', ${shownContent}), 'contentCut', true)
         else data end as data
     from read.audit where ${where.sql()} order by position desc limit ${where.bind(query.limit + 1)}`,
    where.values,
  )
  const [ignored] = await services.readModel.query<{ repeated: number; afterEnd: number }>(
    `select count(*) filter (where reason = 'repeated')::int as repeated,
       count(*) filter (where reason = 'after-end')::int as "afterEnd" from read.ignored_events`,
  )
  const page = rows.slice(0, query.limit)
  const last = rows.length > query.limit ? page.at(-1) : undefined
  return {
    items: page.map((row) => ({
      ...row,
      at: row.at.toISOString(),
      storedAt: row.storedAt.toISOString(),
    })),
    total: counted?.total ?? 0,
    nextCursor: last ? encodeCursor(order, last.position) : null,
    position,
    ...(ignored && { ignored }),
  }
}
