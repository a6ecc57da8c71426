import type { Endpoint, InstanceListQuery, instanceListSchema, InstanceRow } from '@sre-portal/contracts'
import { mayUsePortal } from '@sre-portal/domain'
import type { z } from 'zod'
import { containing, type Conditions } from '../conditions.ts'
import type { Asked } from '../http/asked.ts'
import { byName, readSteppedPage } from '../steppedPage.ts'

type Connection = NonNullable<InstanceRow['connection']>
type StoredInstance = Omit<InstanceRow, 'connection'> & {
  endpoint: Endpoint
  username: string
  passwordSetAt: Date | null
  lastTest: Connection['lastTest']
}

/** GET /api/instances: where and as whom they are reached, and retired ones, only for who manages them. */
export async function listInstances({
  query,
  reader,
  services,
  position,
}: Asked<InstanceListQuery>): Promise<z.input<typeof instanceListSchema>> {
  const manages = mayUsePortal(reader, 'manageInstances').allowed
  const { rows, ...page } = await readSteppedPage<StoredInstance>(
    services.readModel,
    {
      name: 'instances',
      columns: `id, name, engine, environment, databases, retired, revision::int, endpoint, username,
        password_set_at as "passwordSetAt", last_test as "lastTest"`,
      from: 'read.instances',
      direction: 'asc',
      key: [{ sql: 'retired', type: 'boolean' }, byName('name'), { sql: 'id', type: 'uuid' }],
      narrow: (where) => addFilters(where, query, manages),
    },
    query,
  )
  return { items: rows.map((row) => instanceRowOf(row, manages)), ...page, position }
}

const instanceRowOf = (stored: StoredInstance, manages: boolean): InstanceRow => {
  const { id, name, engine, environment, databases, retired, revision } = stored
  const { endpoint, username, lastTest, passwordSetAt } = stored
  return {
    ...{ id, name, engine, environment, databases, retired, revision },
    connection: manages
      ? { endpoint, username, lastTest, passwordSetAt: passwordSetAt?.toISOString() ?? null }
      : null,
  }
}

function addFilters(where: Conditions, query: InstanceListQuery, manages: boolean): void {
  const { q, id, engine, environment, retired } = query
  if (!manages) where.add('not retired')
  if (id) where.add(`id = any(${where.bind(id)}::uuid[])`)
  if (engine) where.add(`engine = ${where.bind(engine)}`)
  if (environment) where.add(`environment = ${where.bind(environment)}`)
  if (retired) where.add(`retired = ${where.bind(retired === 'true')}`)
  if (q) {
    const words = `lower(${where.bind(containing(q))}::text)`
    where.add(`lower(name) like ${words} or lower(array_to_string(databases, chr(10))) like ${words}`)
  }
}
