import type { UserEvent } from '@sre-portal/contracts'
import { evolveIdentity, noIdentity, type Identity } from '@sre-portal/domain'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import type { Connection } from '@sre-portal/platform/postgres'
import { aggregateId, changeOne, run, type Handlers } from './handlers.ts'

export const userHandlers: Handlers<UserEvent> = {
  async UserRegistered(db, event) {
    const { email, name, role, demo } = event.data
    const id = aggregateId(event)
    await run(
      db,
      `insert into users (id, email, name, role, active, demo, account_history, registered_at, revision)
       values ($1, $2, $3, $4, true, $5, $6, $7, $8)`,
      [id, email, name, role, demo, evolveIdentity(noIdentity, id, event), event.at, event.revision],
    )
  },
  UserRenamed: (db, event) => change(db, event, 'name', event.data.name),
  UserRoleChanged: (db, event) => change(db, event, 'role', event.data.role),
  UserPasswordChanged: (db, event) => change(db, event),
  UserConfirmed: (db, event) => change(db, event),
  UserDeactivated: (db, event) => change(db, event, 'active', false),
  UserReactivated: (db, event) => change(db, event, 'active', true),
}

/** Writes who controls the account with each event, and beside it the column that the event is about. */
async function change(
  db: Connection,
  event: StoredEvent<UserEvent>,
  column?: 'name' | 'role' | 'active',
  value?: string | boolean,
): Promise<void> {
  const id = aggregateId(event)
  const { rows } = await run<{ history: Identity }>(
    db,
    'select account_history as history from users where id = $1',
    [id],
  )
  const history = evolveIdentity(rows[0]?.history ?? noIdentity, id, event)
  await changeOne(
    db,
    event,
    `update users set revision = $2, account_history = $3${column ? `, ${column} = $4` : ''} where id = $1`,
    [id, event.revision, history, ...(column ? [value] : [])],
  )
}
