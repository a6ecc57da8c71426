import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withClient } from '@sre-portal/infra/databases.ts'
import { removePostgresData } from '@sre-portal/infra/postgres/remove.ts'
import { startPostgres, type RunningPostgres } from '@sre-portal/infra/postgres/server.ts'
import { testBounds } from '../testing/queryBench.ts'
import { PostgresSession } from './session.ts'
import { transactionFate } from './transactionStatus.ts'

// After a failover the address may lead to the standby before it has replayed everything, and before it is promoted.

const adminPassword = randomBytes(16).toString('hex')
/** As the standby sees what the primary committed and it has not replayed. */
const notReplayed = '4000000000'
let folder: string
let server: RunningPostgres
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), `sre-portal-test-${process.pid}-standby-`))
  await chmod(folder, 0o711)
  await start()
})
afterAll(async () => {
  await server.stop()
  await removePostgresData(join(folder, 'postgres'))
  await rm(folder, { recursive: true, force: true })
})

async function start(): Promise<void> {
  server = await startPostgres({ dataDir: join(folder, 'postgres'), adminPassword, durable: true, port: 0 })
}

const fateOf = (transactionId: string, systemIdentifier?: string) =>
  transactionFate(
    {
      host: '127.0.0.1',
      port: server.port,
      tls: false,
      database: 'postgres',
      username: 'postgres',
      password: adminPassword,
    },
    testBounds,
    { transactionId, systemIdentifier },
    0,
  )

const fates = (ids: string[]) => Promise.all(ids.map((id) => fateOf(id)))

const transaction = (end: 'commit' | 'rollback') =>
  withClient(server.adminUrl, async (client) => {
    await client.query('begin')
    const { rows } = await client.query<{ id: string }>('select pg_current_xact_id()::text as id')
    await client.query(end)
    return rows[0]?.id ?? ''
  })

test('what a standby has not heard of is not told as rolled back; what it has, and what a primary says, is', async () => {
  const committed = await transaction('commit')
  const undone = await transaction('rollback')
  const ids = [committed, undone, notReplayed]
  expect(await fates(ids)).toEqual(['committed', 'aborted', 'aborted'])
  const { home } = server
  await server.stop()
  await writeFile(join(home, 'standby.signal'), '')
  await start()
  expect(await fates(ids)).toEqual(['committed', 'unreachable', 'unreachable'])
  await withClient(server.adminUrl, (client) => client.query('select pg_promote()'))
  expect(await fates(ids)).toEqual(['committed', 'aborted', 'aborted'])
})

test('another cluster under the same address is not asked what became of a transaction', async () => {
  const committed = await transaction('commit')
  const mine = await withClient(server.adminUrl, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      'select system_identifier::text as id from pg_control_system()',
    )
    return rows[0]?.id ?? ''
  })
  expect(await fateOf(committed, mine)).toBe('committed')
  expect(await fateOf(committed, '7000000000000000000')).toBe('unknown')
  expect(await fateOf(notReplayed, '7000000000000000000')).toBe('unknown')
})

test('a login that may not ask for the cluster works, and its transactions are asked for by their ids alone', async () => {
  const committed = await transaction('commit')
  await withClient(server.adminUrl, async (client) => {
    await client.query("create role humble login password 'humble-one'")
    await client.query('revoke execute on function pg_control_system() from public')
  })
  const target = { host: '127.0.0.1', port: server.port, tls: false, database: 'postgres' }
  const session = await PostgresSession.open(
    { ...target, username: 'humble', password: 'humble-one' },
    testBounds,
    'test',
  )
  expect(session.systemIdentifier).toBeUndefined()
  await session.close()
  expect(await fateOf(committed, undefined)).toBe('committed')
})
