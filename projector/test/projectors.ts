import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { createLog } from '@sre-portal/platform/log'
import { createPool, type Pool } from '@sre-portal/platform/postgres'
import { startProjector, type Projector } from '../src/app.ts'
import type { Projecting } from '../src/project.ts'

export const silent = createLog('test', 'silent')

/** Connections of one projector, made and ended together. */
export function connections(
  postgresUrl: string,
  eventStoreUrl: string,
): Projecting & { end: () => Promise<void> } {
  const pool = createPool(postgresUrl, 'projector-test', silent, 4)
  const store = connectEventStore(eventStoreUrl)
  return {
    pool,
    store,
    maxBatch: 64,
    failpoint: () => {},
    end: async () => {
      await store.close()
      await pool.end()
    },
  }
}

/** A projector at work; `stop` also ends its connections. */
export function runningProjector(
  postgresUrl: string,
  eventStoreUrl: string,
  overrides: Partial<Projecting> = {},
): Projector & { pool: Pool; store: EventStore } {
  const connected = connections(postgresUrl, eventStoreUrl)
  const projector = startProjector({ ...connected, log: silent, trustedProxyHops: 0, ...overrides })
  return {
    ...projector,
    pool: connected.pool,
    store: connected.store,
    stop: async () => {
      await projector.stop()
      await connected.end()
    },
  }
}

/** Every row of every read model as text, in a fixed order, apart from which build it is. */
export async function dump(pool: Pool, schema = 'read'): Promise<string> {
  const { rows: tables } = await pool.query<{ name: string }>(
    'select table_name as name from information_schema.tables where table_schema = $1 order by 1',
    [schema],
  )
  const parts: string[] = []
  for (const { name } of tables) {
    const columns = name === 'checkpoint' ? 'position, version' : '*'
    const { rows } = await pool.query<{ line: string }>(
      `select row_to_json(t)::text as line from (select ${columns} from ${schema}.${name}) t order by 1`,
    )
    parts.push(`${name}\n${rows.map(({ line }) => line).join('\n')}`)
  }
  return parts.join('\n\n')
}
