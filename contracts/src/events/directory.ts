import { z } from 'zod'
import { uuidSchema } from '../vocabulary.ts'

/**
 * Data of the events of the one stream `directory`: what must hold across streams. Whoever changes it appends at its expected revision, so
 * that of two at once the second decides on what the first has done.
 */
export const directoryEventSchemas = {
  /** From here on this stream is complete: what was there before it is in it. */
  DirectoryOpened: z.object({}),
  AdministratorAdded: z.object({ userId: uuidSchema }),
  AdministratorRemoved: z.object({ userId: uuidSchema }),
  /** The name belongs to this instance, for as long as the instance has it. */
  InstanceNameClaimed: z.object({ name: z.string(), instanceId: uuidSchema }),
}
