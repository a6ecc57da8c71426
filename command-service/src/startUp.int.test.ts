import { randomUUID } from 'node:crypto'
import { jsonEvent } from '@eventstore/db-client'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Problem } from '@sre-portal/contracts'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { listen, type Listening } from '@sre-portal/platform/http/listen'
import { createLog } from '@sre-portal/platform/log'
import { historyWriter, system } from '@sre-portal/platform/testing/historyWriter'
import { eventually } from '@sre-portal/tests/event-store/support.ts'
import { realNode, type RealNode } from '@sre-portal/tests/setup/realNode.ts'
import { createCommandApp, type StartUp } from './app.ts'
import { followDirectory } from './directory.ts'
import { newCast, queryBody, startCommandService, type CommandService } from './testing/commandService.ts'

const log = createLog('test', 'silent')
let node: RealNode
let store: EventStore
let service: CommandService
const closing: (() => unknown)[] = []

beforeAll(async () => {
  node = await realNode()
  store = connectEventStore(node.connectionString)
  service = await startCommandService()
})
afterEach(async () => {
  node.trouble({})
  await node.thaw()
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(async () => {
  await service.close()
  await store.close()
  await node.close()
})

interface Readyz {
  ready: boolean
  reasons: string[]
  facts: { unreadableStreams: Record<string, string> }
}

/** The service as it starts on this node, whatever state that is in. */
async function start(startUp?: StartUp) {
  const own = connectEventStore(node.connectionString)
  const directory = followDirectory(own, log)
  const context = { ...service.context, store: own, directory }
  const server: Listening = await listen(createCommandApp(context, 0, undefined, startUp), {
    host: '127.0.0.1',
    port: 0,
    trustedProxyHops: 0,
  })
  closing.push(
    () => own.close(),
    () => directory.close(),
    () => server.close(),
  )
  return {
    directory,
    readyz: async () => {
      const answer = await fetch(`${server.url}/readyz`)
      return { status: answer.status, ...((await answer.json()) as Readyz) }
    },
    post: async (path: string, body: object) => {
      const answer = await fetch(`${server.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return {
        status: answer.status,
        retryAfter: answer.headers.get('retry-after'),
        body: (await answer.json()) as Problem,
      }
    },
  }
}
const login = { email: 'nobody@example.org', password: 'correct horse battery staple' }

describe('a service that starts', () => {
  test('while the event store is away listens, says why it is not ready, and answers 503 until it is', async () => {
    await node.down()
    const { readyz, post } = await start()
    const { status, reasons } = await readyz()
    expect(status).toBe(503)
    expect(reasons.join()).toMatch(/cannot be reached \(EVENTSTORE_URL\).*refused/)
    expect(reasons.join()).toMatch(/pods and instances are not read/)
    const refused = await post('/api/auth/login', login)
    expect([refused.status, refused.retryAfter, refused.body.code]).toEqual([503, '2', 'unavailable'])
    expect(refused.body.detail).toMatch(/The service is starting/)
    await node.thaw()
    await eventually(async () => expect(await readyz()).toMatchObject({ status: 200, ready: true }))
    expect((await post('/api/auth/login', login)).status).toBe(401)
  })

  test('without a right that it needs says which', async () => {
    node.trouble({ readAllDenied: true })
    const { readyz } = await start()
    expect((await readyz()).reasons.join()).toMatch(/needs read on \$all/)
  })

  test('is not ready before what has to be done once is done', async () => {
    let trouble: string | null = 'the first administrator is not made yet'
    const { readyz } = await start({ trouble: () => trouble })
    await eventually(async () =>
      expect((await readyz()).reasons).toEqual(['the first administrator is not made yet']),
    )
    trouble = null
    expect(await readyz()).toMatchObject({ status: 200 })
  })

  test('a frozen event store makes it unready within seconds', async () => {
    const { directory, readyz } = await start()
    await directory.complete
    expect(await readyz()).toMatchObject({ ready: true })
    await node.freeze()
    const startedAt = performance.now()
    expect(await readyz()).toMatchObject({ ready: false })
    expect(performance.now() - startedAt).toBeLessThan(3_000)
  })
})

test('a pod and an instance with an event that cannot be read are named; every other one works', async () => {
  const metadata = {
    actor: system,
    at: new Date().toISOString(),
    correlationId: 'c',
    schemaVersion: 1,
  }
  const write = historyWriter(store)
  const grace = await write.user('Grace', 'MANAGER')
  const broken = await write.pod(`broken-${Date.now()}`, 'Broken', grace)
  await store.client.appendToStream(`pod-${broken}`, jsonEvent({ type: 'PodPainted', data: {}, metadata }))
  const instance = `instance-${randomUUID()}`
  await store.client.appendToStream(
    instance,
    jsonEvent({ type: 'InstanceRegistered', data: { name: 7 }, metadata }),
  )
  await write.pod(`sound-${Date.now()}`, 'Sound', grace)
  const { directory, readyz } = await start()
  await directory.complete
  const { ready, facts } = await readyz()
  expect(ready).toBe(true)
  expect(Object.keys(facts.unreadableStreams).sort()).toEqual([instance, `pod-${broken}`].sort())
  expect(facts.unreadableStreams[`pod-${broken}`]).toMatch(/PodPainted.*not known/)
  expect(directory.podsOf(grace.id).map(({ name }) => name)).toEqual(['Broken', 'Sound'])
})

test('a request for a pod that cannot be read answers 503 and names it, one for another pod is taken', async () => {
  const cast = await newCast(service)
  const { store: own } = service
  const write = historyWriter(own)
  const podId = await write.pod('broken', 'Broken', await write.user('Grace', 'MANAGER'))
  const metadata = { actor: system, at: new Date().toISOString(), correlationId: 'c', schemaVersion: 1 }
  await own.client.appendToStream('pod-broken', jsonEvent({ type: 'PodPainted', data: {}, metadata }))
  const submit = (change: object) =>
    service.api<Problem>('POST', '/api/requests', {
      token: cast.dana.token,
      body: { ...queryBody(cast), ...change },
    })
  const refused = await submit({ podId })
  const { code, detail } = refused.body
  expect([refused.status, refused.headers.get('retry-after'), code]).toEqual([503, '2', 'unavailable'])
  expect(detail).toContain('pod-broken')
  expect((await submit({})).status).toBe(201)
})
