import { streamName, type History, type HistoryStep, type RequestEvent } from '@sre-portal/contracts'
import {
  comesAfterTheEnd,
  contentBytesOf,
  evolveRequest,
  mentionedIn,
  summaryOf,
  type Names,
  type Request,
} from '@sre-portal/domain'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import type { Asked } from '../http/asked.ts'
import type { ReadModel } from '../readModel.ts'
import { viewable } from './scope.ts'

/** GET /api/requests/:id/history: from the event store itself, folded by the same rules that decide commands. */
export async function readHistory({ reader, id, services }: Asked): Promise<History> {
  await viewable(services.readModel, reader, id)
  const requestId = id.toLowerCase()
  const events = await services.store.readStream<RequestEvent>(streamName('request', requestId))
  const names = await namesIn(services.readModel, events)
  const steps: HistoryStep[] = []
  const known = new Set<string>()
  let state: Request | null = null
  for (const event of events) {
    const ignored = ignoredReason(known, state, event)
    known.add(event.id)
    const before: Record<string, unknown> = state ? shown(state) : {}
    if (!ignored) state = evolveRequest(state, event)
    const after = state ? shown(state) : {}
    steps.push({
      revision: event.revision,
      position: String(event.position),
      eventId: event.id,
      type: event.type,
      actor: event.actor,
      at: event.at,
      storedAt: event.storedAt.toISOString(),
      correlationId: event.metadata.correlationId,
      summary: summaryOf(event, names),
      data: event.data,
      state: after,
      changed: changedFields(before, after),
      ...(ignored && { ignored }),
    })
  }
  return { id: requestId, steps, ignored: ignoredInWords(steps) }
}

type Ignored = NonNullable<HistoryStep['ignored']>

/** The same judgement as the projector's: what it leaves out changes nothing here either. */
function ignoredReason(
  known: ReadonlySet<string>,
  state: Request | null,
  event: StoredEvent<RequestEvent>,
): Ignored | null {
  if (known.has(event.id)) return 'repeated'
  return comesAfterTheEnd(state, event) ? 'after-end' : null
}

const reasons: Record<Ignored, string> = {
  'after-end': 'the run had ended',
  repeated: 'they were there before',
}

/** Such as "2 events ignored: the run had ended"; null when every event counts. */
function ignoredInWords(steps: readonly HistoryStep[]): string | null {
  const sentences = Object.entries(reasons).flatMap(([reason, words]) => {
    const count = steps.filter(({ ignored }) => ignored === reason).length
    return count === 0 ? [] : [`${count} ${count === 1 ? 'event' : 'events'} ignored: ${words}`]
  })
  return sentences.length === 0 ? null : sentences.join('; ')
}

// The content never changes; it is in the first event, and each state names it by hash and size.
const shown = (state: Request): Record<string, unknown> => ({
  ...state,
  content: { sha256: state.contentHash, bytes: contentBytesOf(state.content) },
})

/** Fields whose value is not what it was; what is absent counts as null. */
export const changedFields = (before: Record<string, unknown>, after: Record<string, unknown>): string[] =>
  Object.keys(after).filter(
    (field) => JSON.stringify(before[field] ?? null) !== JSON.stringify(after[field] ?? null),
  )

async function namesIn(readModel: ReadModel, events: StoredEvent<RequestEvent>[]): Promise<Names> {
  const ids = [...new Set(events.flatMap((event) => mentionedIn(event).users))]
  const rows =
    ids.length > 0
      ? await readModel.query<{ id: string; name: string }>(
          'select id, name from read.users where id = any($1::uuid[])',
          [ids],
        )
      : []
  const byId = new Map(rows.map(({ id, name }) => [id, name]))
  return { user: (id) => byId.get(id) ?? null, request: () => null }
}
