import {
  eventTypeFilter,
  persistentSubscriptionToAllSettingsFromDefaults,
  START,
} from '@eventstore/db-client'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { listen, type Listening } from '@sre-portal/platform/http/listen'
import { eventually } from '@sre-portal/tests/event-store/support.ts'
import { TcpProxy } from '@sre-portal/tests/faults/tcpProxy.ts'
import { realNode, type RealNode } from '@sre-portal/tests/setup/realNode.ts'
import type { Executor } from './app.ts'
import { ScriptSandbox } from './sandbox/scriptSandbox.ts'
import { startInProcess } from './testing/inProcess.ts'
import { TestPortal } from './testing/portal.ts'

const sandbox = new ScriptSandbox({ jitless: true })
let node: RealNode
let portal: TestPortal
let executor: Executor
let server: Listening

beforeAll(async () => {
  node = await realNode()
  portal = await TestPortal.open(() => Promise.resolve(node))
})
afterEach(async () => {
  node.trouble({})
  await node.thaw()
  await server.close()
  await executor.stop()
})
afterAll(async () => {
  await portal.close()
  await sandbox.close()
})

async function start(databaseUrl = portal.database.urls.executor) {
  executor = await startInProcess(portal, { sandbox, databaseUrl })
  server = await listen(executor.app, { host: '127.0.0.1', port: 0, trustedProxyHops: 0 })
}
const readyz = async () =>
  (await (await fetch(`${server.url}/readyz`)).json()) as { ready: boolean; reasons: string[] }

test('an executor that may make no group joins the one that an administrator has made', async () => {
  node.trouble({ groupsDenied: true })
  await start()
  await eventually(async () =>
    expect((await readyz()).reasons.join()).toMatch(/not subscribed to approvals: .*membership of \$ops/),
  )
  await node.admin.createPersistentSubscriptionToAll(
    'executors',
    persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START }),
    { filter: eventTypeFilter({ prefixes: ['RequestApproved', 'InstanceTestRequested'] }) },
  )
  await eventually(async () => expect(await readyz()).toMatchObject({ ready: true, reasons: [] }))
})

test('an executor whose event store is frozen says so within seconds', async () => {
  await start()
  await eventually(async () => expect(await readyz()).toMatchObject({ ready: true }))
  await node.freeze()
  const startedAt = performance.now()
  const { ready, reasons } = await readyz()
  expect(performance.now() - startedAt).toBeLessThan(3_000)
  expect(ready).toBe(false)
  expect(reasons.join()).toMatch(/event store .* does not serve/)
})

test('an executor whose PostgreSQL is frozen says so within seconds, and is ready once it thaws', async () => {
  const url = new URL(portal.database.urls.executor)
  const proxy = await TcpProxy.open({ host: url.hostname, port: Number(url.port) })
  url.port = String(proxy.port)
  await start(url.href)
  await eventually(async () => expect(await readyz()).toMatchObject({ ready: true }))
  await proxy.disturb('blackhole')
  for (let look = 0; look < 3; look++) {
    const startedAt = performance.now()
    const { ready, reasons } = await readyz()
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    expect(ready).toBe(false)
    expect(reasons.join()).toMatch(/PostgreSQL does not answer/)
  }
  await proxy.mend()
  await eventually(async () => expect(await readyz()).toMatchObject({ ready: true }), 30_000)
  await server.close()
  await executor.stop()
  await proxy.close()
  await start()
})
