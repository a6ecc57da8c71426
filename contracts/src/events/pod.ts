import { z } from 'zod'
import { podIdSchema, uuidSchema } from '../vocabulary.ts'

/** Data of the events of `pod-<id>`. */
export const podEventSchemas = {
  PodCreated: z.object({ podId: podIdSchema, name: z.string() }),
  PodRenamed: z.object({ name: z.string() }),
  PodManagerAssigned: z.object({ userId: uuidSchema }),
  PodDeputyAdded: z.object({ userId: uuidSchema }),
  PodDeputyRemoved: z.object({ userId: uuidSchema }),
}
