import type { InstanceEvent, InstanceRow } from '@sre-portal/contracts'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import type { Connection } from '@sre-portal/platform/postgres'
import { aggregateId, changeOne, run, type Handlers } from './handlers.ts'

type LastTest = NonNullable<NonNullable<InstanceRow['connection']>['lastTest']>

export const instanceHandlers: Handlers<InstanceEvent> = {
  async InstanceRegistered(db, event) {
    const { name, engine, environment, endpoint, databases, username } = event.data
    await run(
      db,
      `insert into instances (id, name, engine, environment, endpoint, databases, username, revision, connection_revision)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $8)`,
      [aggregateId(event), name, engine, environment, endpoint, databases, username, event.revision],
    )
  },
  InstanceChanged(db, event) {
    const { name, environment, endpoint, databases, username } = event.data
    return change(
      db,
      event,
      `name = $3, environment = $4, endpoint = $5, databases = $6, username = $7,
       connection_revision = case when endpoint = $5 and username = $7 then connection_revision else $2 end`,
      name,
      environment,
      endpoint,
      databases,
      username,
    )
  },
  InstanceCredentialsRotated: (db, event) => change(db, event, 'password_set_at = $3', event.at),
  InstanceSecretResealed: (db, event) => change(db, event, 'id = id'),
  InstanceSecretRefused: (db, event) => change(db, event, 'id = id'),
  InstanceRetired: (db, event) => change(db, event, 'retired = $3', true),
  InstanceTestRequested: (db, event) =>
    change(db, event, 'last_test = $3', {
      testId: event.data.testId,
      state: 'running',
      at: event.at,
      serverVersion: null,
      message: null,
      durationMs: null,
    } satisfies LastTest),
  // The answer to an earlier test than the last one that was asked for is not shown any more.
  InstanceTested(db, event) {
    const { testId, reachable, serverVersion, message, durationMs } = event.data
    const outcome: LastTest = {
      testId,
      state: reachable ? 'reachable' : 'unreachable',
      at: event.at,
      serverVersion,
      message,
      durationMs,
    }
    return change(
      db,
      event,
      "last_test = case when coalesce(last_test ->> 'testId', $4) = $4 then $3 else last_test end",
      outcome,
      testId,
    )
  },
}

const change = (db: Connection, event: StoredEvent, assignments: string, ...values: unknown[]) =>
  changeOne(db, event, `update instances set ${assignments}, revision = $2 where id = $1`, [
    aggregateId(event),
    event.revision,
    ...values,
  ])
