import { z } from 'zod'
import { instantSchema, positionSchema, requestStatusSchema, uuidSchema } from '../vocabulary.ts'
import { listQuerySchema, pageOf, personSchema, targetSchema } from './common.ts'

/** One thing that a person is told of. `id` is the log position of the event that it tells. */
export const notificationSchema = z.object({
  id: positionSchema,
  at: instantSchema,
  /** True when it waits for this person's decision. */
  needsAction: z.boolean(),
  read: z.boolean(),
  text: z.string(),
  request: z.object({
    id: uuidSchema,
    number: z.int(),
    title: z.string(),
    status: requestStatusSchema,
    target: targetSchema,
    database: z.string(),
  }),
  by: personSchema.nullable(),
})
export type Notification = z.infer<typeof notificationSchema>
export const notificationListSchema = pageOf(notificationSchema).extend({ unread: z.int().nonnegative() })
export type NotificationList = z.infer<typeof notificationListSchema>
export const notificationQuerySchema = listQuerySchema

/** Body of POST /api/notifications/read: all notifications up to this one are read. */
export const readNotificationsSchema = z.strictObject({ upTo: positionSchema })
