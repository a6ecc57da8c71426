import { Router } from 'express'
import { readNotificationsSchema } from '@sre-portal/contracts'
import { signedIn } from './commanding.ts'
import type { Context } from './context.ts'

/** What somebody has read is their own affair and no event: one row a user, which never moves back. Their open streams are told. */
export function notificationRoutes(context: Context): Router {
  const router = Router()
  router.post('/read', async (request, response) => {
    const { upTo } = readNotificationsSchema.parse(request.body)
    // What is still to come is read by nobody yet.
    const head = await context.store.head()
    const reached = BigInt(upTo) < head ? upTo : String(head)
    await context.pool.query(
      `with moved as (
         insert into record.notification_reads as reads (user_id, read_up_to) values ($1, $2)
         on conflict (user_id) do update set read_up_to = excluded.read_up_to
           where reads.read_up_to < excluded.read_up_to
         returning user_id)
       select pg_notify('notifications_read', user_id::text) from moved`,
      [signedIn(response).user.id, reached],
    )
    response.status(204).end()
  })
  return router
}
