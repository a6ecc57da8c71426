import type { UserEvent } from '@sre-portal/contracts'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import type { Connection } from '@sre-portal/platform/postgres'
import { aggregateId, changeOne, run, type Handlers } from './handlers.ts'

export const userHandlers: Handlers<UserEvent> = {
  async UserRegistered(db, event) {
    const { email, name, role, demo } = event.data
    await run(
      db,
      `insert into users (id, email, name, role, active, demo, registered_at, revision)
       values ($1, $2, $3, $4, true, $5, $6, $7)`,
      [aggregateId(event), email, name, role, demo, event.at, event.revision],
    )
  },
  UserRenamed: (db, event) => change(db, event, 'name', event.data.name),
  UserRoleChanged: (db, event) => change(db, event, 'role', event.data.role),
  UserPasswordChanged: (db, event) =>
    changeOne(db, event, 'update users set revision = $2 where id = $1', [
      aggregateId(event),
      event.revision,
    ]),
  UserDeactivated: (db, event) => change(db, event, 'active', false),
  UserReactivated: (db, event) => change(db, event, 'active', true),
}

const change = (
  db: Connection,
  event: StoredEvent,
  column: 'name' | 'role' | 'active',
  value: string | boolean,
) =>
  changeOne(db, event, `update users set ${column} = $3, revision = $2 where id = $1`, [
    aggregateId(event),
    event.revision,
    value,
  ])
