import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { listen } from '@sre-portal/platform/http/listen'
import { historyWriter } from '@sre-portal/platform/testing/historyWriter'
import { realNode, type RealNode } from '@sre-portal/tests/setup/realNode.ts'
import { migratedDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { connections, runningProjector } from '../test/projectors.ts'
import { eventually, reached } from '../test/world.ts'
import { endsOf } from './batches.ts'
import { rebuild } from './rebuild.ts'

let long: RealNode
let short: RealNode
let longStore: EventStore
let shortStore: EventStore
let database: MigratedDatabase
let running: ReturnType<typeof runningProjector> | null = null

beforeAll(async () => {
  long = await realNode()
  short = await realNode()
  longStore = connectEventStore(long.connectionString)
  shortStore = connectEventStore(short.connectionString)
  for (let n = 0; n < 40; n++) await historyWriter(longStore).user(`Long ${n}`, 'DEVELOPER')
  for (let n = 0; n < 3; n++) await historyWriter(shortStore).user(`Short ${n}`, 'DEVELOPER')
})
afterAll(async () => {
  await longStore.close()
  await shortStore.close()
  await long.close()
  await short.close()
})
beforeEach(async () => {
  database = await migratedDatabase()
})
afterEach(async () => {
  long.trouble({})
  await running?.stop()
  running = null
  await database.drop()
})

const lastOfOurs = async (store: EventStore) => (await endsOf(store, 0n)).ours

async function projected(node: RealNode, store: EventStore): Promise<void> {
  const projector = runningProjector(database.urls.projector, node.connectionString)
  await reached(projector.pool, await lastOfOurs(store))
  await projector.stop()
}

interface Readyz {
  ready: boolean
  reasons: string[]
  facts: { behind: number; position: string }
}

/** A projector on these read models and this store, and what it says of itself. */
async function start(node: RealNode) {
  const projector = runningProjector(database.urls.projector, node.connectionString)
  running = projector
  const server = await listen(projector.app, { host: '127.0.0.1', port: 0, trustedProxyHops: 0 })
  return {
    projector,
    server,
    readyz: async () => (await fetch(`${server.url}/readyz`)).json() as Promise<Readyz>,
  }
}

test('a store older than the read models is named, and a rebuild takes the position that it has read', async () => {
  await projected(long, longStore)
  const { projector, server, readyz } = await start(short)
  try {
    await eventually(async () => {
      const { ready, reasons } = await readyz()
      expect(ready).toBe(false)
      expect(reasons.join()).toMatch(/The event store is older than the read models: .*npm run rebuild/)
    })
    expect((await projector.pool.query('select from read.users')).rowCount).toBe(40)
    const rebuilding = connections(database.urls.projector, short.connectionString)
    await rebuild({ ...rebuilding, onProgress: () => {} })
    await rebuilding.end()
    await eventually(async () => expect(await readyz()).toMatchObject({ ready: true, facts: { behind: 0 } }))
    const { rows } = await projector.pool.query<{ position: string }>('select position from read.checkpoint')
    expect(BigInt(rows[0]?.position ?? 0)).toBeLessThanOrEqual((await endsOf(shortStore, 0n)).head)
    await historyWriter(shortStore).user('After', 'DEVELOPER')
    await reached(projector.pool, await lastOfOurs(shortStore))
    expect((await projector.pool.query(`select from read.users where name = 'After'`)).rowCount).toBe(1)
  } finally {
    await server.close()
  }
})

test('read models of another store are named, where the store holds another event and where it holds none', async () => {
  await projected(short, shortStore)
  for (const invalid of [false, true]) {
    if (invalid) long.trouble({ invalidPosition: () => true })
    const { projector, server, readyz } = await start(long)
    try {
      await eventually(async () => {
        const { ready, reasons } = await readyz()
        expect(ready).toBe(false)
        expect(reasons.join()).toMatch(/These read models are of another event store, .*npm run rebuild/)
      })
      const strangers = await projector.pool.query(`select from read.users where name like 'Long%'`)
      expect(strangers.rowCount).toBe(0)
    } finally {
      await server.close()
      await projector.stop()
      running = null
    }
  }
})

test('events of the node itself at the end of its log are no lag, and no reason to be behind', async () => {
  const { projector, server, readyz } = await start(long)
  try {
    await reached(projector.pool, await lastOfOurs(longStore))
    await long.writeOwnEvents(20)
    await eventually(async () => expect(await readyz()).toMatchObject({ ready: true, facts: { behind: 0 } }))
  } finally {
    await server.close()
  }
})

test('a frozen node makes it unready within seconds, and thawed it goes on', async () => {
  const { projector, server, readyz } = await start(long)
  try {
    await reached(projector.pool, await lastOfOurs(longStore))
    await long.freeze()
    const startedAt = performance.now()
    expect(await readyz()).toMatchObject({ ready: false })
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    await long.thaw()
    await eventually(async () => expect(await readyz()).toMatchObject({ ready: true }))
  } finally {
    await server.close()
  }
})
