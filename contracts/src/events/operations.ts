import { z } from 'zod'

/** Data of the events of the one stream `operations`: what administrators do to the portal itself. */
export const operationsEventSchemas = {
  /** Somebody asked that what is put aside in the executors' group is delivered again; so much was there. Told before it is done. */
  ParkedWorkReplayRequested: z.object({ parked: z.int().positive() }),
  /** It was put back: each is delivered again, and runs only if nothing has begun it since. */
  ParkedWorkReplayed: z.object({ parked: z.int().positive() }),
}
