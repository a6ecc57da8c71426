import { z } from 'zod'
import { positionSchema, requestStatusSchema } from '../vocabulary.ts'
import { requestRowSchema } from './requests.ts'

/** GET /api/dashboard: what matters to this person now, within their scope. */
export const dashboardSchema = z.object({
  counts: z.record(requestStatusSchema, z.int().nonnegative()),
  needsMyReview: z.int().nonnegative(),
  awaiting: z.array(requestRowSchema),
  mine: z.array(requestRowSchema),
  /** Requests decided in the last 30 days, and the median time from submission to decision; null without any. */
  decided30d: z.int().nonnegative(),
  medianDecisionMs: z.number().nullable(),
  /** Submissions a day, oldest first, the last 14 days. */
  perDay: z.array(z.object({ day: z.iso.date(), submitted: z.int(), executed: z.int(), failed: z.int() })),
  position: positionSchema,
})
export type Dashboard = z.infer<typeof dashboardSchema>
