import type { RequestEvent } from '@sre-portal/contracts'
import { actorName, duration, personOf, rowsInWords } from '@sre-portal/domain'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import type { Connection } from '@sre-portal/platform/postgres'
import { aggregateId, run, type Of } from './handlers.ts'

/** What a sentence is made of: `work` reads "query on orders@prod-eu". */
interface Told {
  requesterId: string
  requester: string
  deciders: string[]
  work: string
}
interface Telling {
  to: string[]
  text: string
  /** True for what whoever did it is told too. */
  own?: boolean
}
type Tell<E extends RequestEvent> = { [T in E['type']]: ((told: Told, event: Of<T>) => Telling[]) | null }

const longestText = 300

/** Who is told what of a request. null: it is seen in the request itself. Nobody is told of what they did. */
const tell: Tell<RequestEvent> = {
  RequestSubmitted: ({ deciders, requester, work }, event) => [
    { to: deciders, text: `${requester} asks to run a ${event.data.kind} on ${work}` },
  ],
  RequestApproved: (told, event) => toRequester(told, event, 'approved', ''),
  ApprovalVoided: ({ deciders, requesterId, work }, event) => [
    { to: [requesterId], text: `The approval of your request on ${work} is void: ${event.data.reason}` },
    {
      to: deciders.filter((id) => id !== requesterId),
      text: `The approval of the request on ${work} is void, it waits again: ${event.data.reason}`,
    },
  ],
  ApprovalRefused: ({ requesterId, work }, event) => [
    {
      to: [requesterId],
      text:
        `${actorName(event.actor)} may not approve your request on ${work}: this account goes back to you, and nobody ` +
        'independent of you has answered for it since',
    },
    { to: event.actor.kind === 'user' ? [event.actor.id] : [], text: event.data.reason, own: true },
  ],
  RequestRejected: (told, event) => toRequester(told, event, 'rejected', `: ${event.data.reason}`),
  RequestWithdrawn: null,
  CancellationRequested: null,
  RequestCancelled: ({ requesterId, work }, event) => [
    {
      to: event.data.cancelledBy === requesterId ? [] : [requesterId],
      text: `Your request on ${work} was cancelled`,
    },
  ],
  ExecutionStarted: null,
  TransactionOpened: null,
  StatementExecuted: null,
  RequestExecuted: ({ requesterId, work }, { data }) => [
    {
      to: [requesterId],
      text: `Your request on ${work} was executed: ${rowsInWords(data.storedRows, data.affectedRows)} in ${duration(data.durationMs)}`,
    },
  ],
  RequestFailed: ({ requesterId, work }, { data }) => [
    { to: [requesterId], text: `Your request on ${work} failed: ${data.error.message}` },
  ],
  ExecutionOutcomeUnknown: ({ requesterId, requester, deciders, work }) => [
    { to: [requesterId], text: `Nobody knows what your request on ${work} did; somebody has to settle it` },
    {
      to: deciders.filter((id) => id !== requesterId),
      text: `Nobody knows what the request of ${requester} on ${work} did; it has to be settled`,
    },
  ],
  ExecutionOutcomeSettled: (told, event) =>
    toRequester(told, event, 'settled', ` as ${event.data.outcome}: ${event.data.reason}`),
}

const toRequester = ({ requesterId, work }: Told, event: StoredEvent, did: string, more: string) => [
  { to: [requesterId], text: `${actorName(event.actor)} ${did} your request on ${work}${more}` },
]

/** Writes what people are told of an event, after the request's own row. */
export async function notify(db: Connection, event: StoredEvent<RequestEvent>): Promise<void> {
  const telling = tell[event.type] as ((told: Told, event: StoredEvent<RequestEvent>) => Telling[]) | null
  if (!telling) return
  const told = await about(db, aggregateId(event))
  const { actor } = event
  for (const { to, text, own } of telling(told, event)) {
    const recipients = to.filter((id) => own || actor.kind !== 'user' || actor.id !== id)
    await run(
      db,
      `insert into notifications (recipient_id, position, type, request_id, text, by, at)
       select distinct recipient, $2::bigint, $3, $4::uuid, $5, $6::jsonb, $7::timestamptz from unnest($1::uuid[]) recipient`,
      [
        recipients,
        String(event.position),
        event.type,
        aggregateId(event),
        text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text,
        actor.kind === 'user' ? personOf(actor) : null,
        event.at,
      ],
    )
  }
}

async function about(db: Connection, requestId: string): Promise<Told> {
  const { rows } = await run<Told>(
    db,
    `select r.requester_id as "requesterId", coalesce(u.name, 'Somebody') as requester,
       array_remove(p.manager_id || p.deputy_ids, null) as deciders,
       r.database || '@' || coalesce(i.name, 'an unknown instance') as work
     from requests r
     left join users u on u.id = r.requester_id
     left join pods p on p.id = r.pod_id
     left join instances i on i.id = r.instance_id
     where r.id = $1`,
    [requestId],
  )
  const [found] = rows
  if (!found) throw new Error(`The request ${requestId} has no row.`)
  return { ...found, deciders: found.deciders ?? [] }
}
