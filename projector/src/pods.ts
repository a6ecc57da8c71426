import type { PodEvent } from '@sre-portal/contracts'
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

const change = (db: Connection, event: StoredEvent, assignment: string, value: string) =>
  changeOne(db, event, `update pods set ${assignment}, revision = $2 where id = $1`, [
    aggregateId(event),
    event.revision,
    value,
  ])
