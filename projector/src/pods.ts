import type { PodEvent } from '@sre-portal/contracts'
import { evolveMemberships, type Pod } from '@sre-portal/domain'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import type { Connection } from '@sre-portal/platform/postgres'
import { aggregateId, changeOne, run, type Handlers } from './handlers.ts'

export const podHandlers: Handlers<PodEvent> = {
  async PodCreated(db, event) {
    await run(db, 'insert into pods (id, name, revision) values ($1, $2, $3)', [
      aggregateId(event),
      event.data.name,
      event.revision,
    ])
  },
  PodRenamed: (db, event) => change(db, event, 'name = $3', event.data.name),
  PodManagerAssigned: (db, event) => change(db, event, 'manager_id = $3', event.data.userId),
  PodDeputyAdded: (db, event) =>
    change(db, event, 'deputy_ids = array_append(array_remove(deputy_ids, $3), $3)', event.data.userId),
  PodDeputyRemoved: (db, event) =>
    change(db, event, 'deputy_ids = array_remove(deputy_ids, $3)', event.data.userId),
}

async function change(
  db: Connection,
  event: StoredEvent<PodEvent>,
  assignment: string,
  value: string,
): Promise<void> {
  const id = aggregateId(event)
  const { rows } = await run<Pick<Pod, 'memberships'>>(db, 'select memberships from pods where id = $1', [id])
  await changeOne(db, event, `update pods set ${assignment}, revision = $2, memberships = $4 where id = $1`, [
    id,
    event.revision,
    value,
    evolveMemberships(rows[0]?.memberships ?? {}, event),
  ])
}
