import type { ReviewQueue, reviewQueueQuerySchema } from '@sre-portal/contracts'
import type { z } from 'zod'
import { conditions } from '../conditions.ts'
import type { Asked } from '../http/asked.ts'
import { addWaitingFor } from './list.ts'
import { addScope } from './scope.ts'

/** GET /api/review-queue: one count of all that waits, whatever a page of it would show. */
export async function readReviewQueue({
  query,
  reader,
  services,
  position,
}: Asked<z.output<typeof reviewQueueQuerySchema>>): Promise<ReviewQueue> {
  const where = conditions()
  addScope(where, reader)
  addWaitingFor(where, reader)
  const current = where.bind(query.current ?? null)
  const [row] = await services.readModel.query<Omit<ReviewQueue, 'position'>>(
    `with queue as materialized (select r.id, r.number from read.requests r where ${where.sql()}),
       here as (select number from read.requests where id = ${current}::uuid)
     select (select count(*)::int from queue) as total,
       (select count(*)::int from queue, here where queue.number <= here.number
         and here.number in (select number from queue) having count(*) > 0) as place,
       (select id from queue order by number limit 1) as first,
       (select queue.id from queue, here where queue.number < here.number order by queue.number desc limit 1) as previous,
       (select queue.id from queue, here where queue.number > here.number order by queue.number limit 1) as next`,
    where.values,
  )
  return { ...(row ?? { total: 0, place: null, first: null, previous: null, next: null }), position }
}
