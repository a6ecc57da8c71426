import { streamName, type AccessEvent } from '@sre-portal/contracts'
import { actorOf } from '@sre-portal/domain'
import { handleCommand } from '@sre-portal/platform/commandHandler'
import { currentSchemaVersion } from '@sre-portal/platform/eventCodec'
import type { EventStore } from '@sre-portal/platform/eventStore'
import type { Asked } from '../http/asked.ts'

const mostRemembered = 10_000
const recorded = new WeakMap<EventStore, Set<string>>()

/**
 * Appends that the reader looked at a result: once for a user, result and hour, however many pages are turned. What cannot be recorded
 * is not shown: the failure goes to the caller.
 */
export async function recordView(
  { reader, request, services: { store, now } }: Asked,
  requestId: string,
  resultId: string,
): Promise<void> {
  const at = now().toISOString()
  const key = `ResultViewed ${resultId} ${at.slice(0, 13)}`
  const remembered = rememberedBy(store)
  if (remembered.has(`${reader.id} ${key}`)) return
  const stream = streamName('access', reader.id)
  await handleCommand<null, AccessEvent>(store, {
    stream,
    key,
    load: async () => ({ state: null, ...(await store.readHistory<AccessEvent>(stream)) }),
    decide: () => [{ type: 'ResultViewed', data: { userId: reader.id, requestId, resultId } }],
    metadata: {
      actor: actorOf(reader),
      at,
      correlationId: request.id as string,
      schemaVersion: currentSchemaVersion,
      ...(request.ip && { sourceAddress: request.ip }),
    },
  })
  if (remembered.size >= mostRemembered) remembered.clear()
  remembered.add(`${reader.id} ${key}`)
}

// Only spares a look into the stream: the id of the event, derived from the key, is what keeps it single.
function rememberedBy(store: EventStore): Set<string> {
  const known = recorded.get(store) ?? new Set()
  recorded.set(store, known)
  return known
}
