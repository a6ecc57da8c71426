import type { Environment, InstanceEvent } from '@sre-portal/contracts'
import { evolveInstance, type Instance } from '@sre-portal/domain'
import { loadRequest, type Loaded } from './aggregates.ts'
import type { EventStore } from './eventStore.ts'

/** An instance as it was before a position of the log. */
export const instanceBefore = (
  events: Loaded<Instance, InstanceEvent>['events'],
  position: bigint,
): Instance | null =>
  events
    .filter((event) => event.position < position)
    .reduce<Instance | null>((state, event) => evolveInstance(state, event, event.revision), null)

/** What the instance was when the request was submitted: as its event tells, or, before events told it, as the log's order does. */
export async function submittedEnvironment(
  store: EventStore,
  request: { id: string; environment?: Environment | undefined },
  instance: Pick<Loaded<Instance, InstanceEvent>, 'events'>,
): Promise<Environment | null> {
  if (request.environment) return request.environment
  const [submission] = (await loadRequest(store, request.id)).events
  return (submission && instanceBefore(instance.events, submission.position)?.environment) ?? null
}
