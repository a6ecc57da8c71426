import { parseStreamName, type StreamCategory } from '@sre-portal/contracts'
import { actorName, mentionedIn, summaryOf, type Names } from '@sre-portal/domain'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import type { Connection } from '@sre-portal/platform/postgres'
import { ImpossibleHistory } from './failures.ts'
import { run } from './handlers.ts'

/** What a subject is called at the moment of its event; $5 is the subject's id. */
const subjectNames: Record<StreamCategory, string> = {
  request: `(select '#' || number from requests where id = $5::uuid)`,
  user: '(select name from users where id = $5::uuid)',
  pod: '(select name from pods where id = $5)',
  instance: '(select name from instances where id = $5::uuid)',
  access: `coalesce((select name from users where id = nullif($5, 'anonymous')::uuid), 'unknown e-mail address')`,
  directory: `'the directory'::text || left($5, 0)`,
  operations: `'the portal'::text || left($5, 0)`,
}

/**
 * The instance that an event concerns, by its id ($16) or by a request's ($17), and its environment: it stands before the sentence, so that
 * nobody has to look up whether it was production.
 */
const target = `(select name || ' (' || environment || ')' from instances
  where id = coalesce($16::uuid, (select instance_id from requests where id = $17::uuid)))`

/** Writes an event's line of the audit log, after its other rows: the subject's name is read from them. */
export async function writeAudit(db: Connection, event: StoredEvent): Promise<void> {
  const name = parseStreamName(event.stream)
  if (!name) throw new ImpossibleHistory(`"${event.stream}" is no stream of the product`)
  const summary = summaryOf(event, await namesFor(db, event))
  const concerned = concernedBy(event, name.category, name.id)
  const { actor } = event
  await run(
    db,
    `insert into audit (position, event_id, type, category, subject_id, subject, revision, actor, actor_id, at, stored_at,
       summary, correlation_id, source_address, data, search)
     select $1, $2, $3, $4, $5, label, $6, $7, $8, $9, $10, sentence, $12, $13, $14,
       lower(concat_ws(E'\\n', sentence, label, $15::text, $3::text))
     from (select ${subjectNames[name.category]} as label, concat_ws(' · ', ${target}, $11::text) as sentence) named`,
    [
      String(event.position),
      event.id,
      event.type,
      name.category,
      name.id,
      event.revision,
      actor,
      actor.kind === 'user' ? actor.id : null,
      event.at,
      event.storedAt,
      summary,
      event.metadata.correlationId,
      event.metadata.sourceAddress ?? null,
      event.data,
      actorName(actor),
      concerned.instance ?? null,
      concerned.request ?? null,
    ],
  )
}

/** What of an event leads to the instance that it concerns. */
function concernedBy(
  event: StoredEvent,
  category: StreamCategory,
  id: string,
): { instance?: string; request?: string } {
  // Its own sentence names the environment.
  if (event.type === 'InstanceRegistered') return {}
  if (event.type === 'ResultViewed') return { request: event.data.requestId }
  if (event.type === 'InstanceNameClaimed') return { instance: event.data.instanceId }
  if (category === 'request') return { request: id }
  return category === 'instance' ? { instance: id } : {}
}

async function namesFor(db: Connection, event: StoredEvent): Promise<Names> {
  const { users, requests } = mentionedIn(event)
  const found = new Map<string, string>()
  if (users.length + requests.length > 0) {
    const { rows } = await run<{ id: string; name: string }>(
      db,
      `select id, name from users where id = any($1) union all select id, '#' || number from requests where id = any($2)`,
      [users, requests],
    )
    for (const { id, name } of rows) found.set(id, name)
  }
  const nameOf = (id: string) => found.get(id) ?? null
  return { user: nameOf, request: nameOf }
}
