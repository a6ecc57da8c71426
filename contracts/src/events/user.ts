import { z } from 'zod'
import { positionSchema, roleSchema, uuidSchema } from '../vocabulary.ts'

/** Data of the events of `user-<uuid>`. Password hashes are never in events. */
export const userEventSchemas = {
  UserRegistered: z.object({
    userId: uuidSchema,
    email: z.string(),
    name: z.string(),
    role: roleSchema,
    /** A demonstration account: its password is printed, so it is refused outside the demonstration. */
    demo: z.boolean(),
  }),
  UserRenamed: z.object({ name: z.string() }),
  UserRoleChanged: z.object({ role: roleSchema }),
  UserPasswordChanged: z.object({}),
  UserDeactivated: z.object({}),
  UserReactivated: z.object({}),
  /** An administrator answers for account, role, password and pods as they were given up to this log position. */
  UserConfirmed: z.object({ asOf: positionSchema }),
}
