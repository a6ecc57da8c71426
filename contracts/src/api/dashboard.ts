import { z } from 'zod'
import { positionSchema, requestStatusSchema } from '../vocabulary.ts'
import { requestRowSchema } from './requests.ts'

const isTimeZone = (name: string) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Query of GET /api/dashboard: the IANA time zone, such as `Europe/Berlin`, whose days are counted. */
export const dashboardQuerySchema = z.strictObject({
  timeZone: z
    .string()
    .max(100)
    .refine(isTimeZone, 'must be the name of a time zone, such as Europe/Berlin')
    .default('UTC'),
  minPosition: positionSchema.optional(),
})

/** GET /api/dashboard: what matters to this person now, within their scope. */
export const dashboardSchema = z.object({
  counts: z.record(requestStatusSchema, z.int().nonnegative()),
  needsMyReview: z.int().nonnegative(),
  awaiting: z.array(requestRowSchema),
  mine: z.array(requestRowSchema),
  /** Requests decided in the last 30 days, and the median time from submission to decision; null without any. */
  decided30d: z.int().nonnegative(),
  medianDecisionMs: z.number().nullable(),
  /** Submissions a day, oldest first, the last 14 days of `timeZone` (UTC where it is absent). */
  timeZone: z.string().optional(),
  perDay: z.array(z.object({ day: z.iso.date(), submitted: z.int(), executed: z.int(), failed: z.int() })),
  position: positionSchema,
})
export type Dashboard = z.infer<typeof dashboardSchema>
