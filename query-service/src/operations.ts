import type { Operations } from '@sre-portal/contracts'
import { parkedWork } from '@sre-portal/platform/executorGroup'
import { within } from '@sre-portal/platform/within'
import type { Asked } from './http/asked.ts'

const answerMs = 2_000

/** GET /api/operations: asked of the event store itself, which may not say. */
export async function readOperations({ services, position }: Asked): Promise<Operations> {
  const parked = await within(answerMs, parkedWork(services.store.client), () => null).catch(() => null)
  return { parkedWork: parked, position }
}
