import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { streamName } from '@sre-portal/contracts'
import { ScriptSandbox } from '@sre-portal/executor/sandbox/scriptSandbox'
import { startInProcess } from '@sre-portal/executor/testing/inProcess'
import { TestPortal } from '@sre-portal/executor/testing/portal'
import { loadRequest } from '@sre-portal/platform/aggregates'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { testEventStore } from '../setup/eventStore.ts'

const patience = { timeout: 30_000, interval: 50 }

let portal: TestPortal
let sandbox: ScriptSandbox
let copy: { connectionString: string; close: () => Promise<void> }
let restored: EventStore
beforeAll(async () => {
  portal = await TestPortal.open()
  await portal.target.query('create table counter (n int)')
  sandbox = new ScriptSandbox({ jitless: true })
  copy = await testEventStore()
  restored = connectEventStore(copy.connectionString)
})
afterAll(async () => {
  await restored.close()
  await copy.close()
  await sandbox.close()
  await portal.close()
})

const rows = async () => (await portal.target.query('select from counter')).rowCount

/** Appends what a stream of the portal holds, up to some revision, to the restored store. */
async function restore(stream: string, upTo: number): Promise<void> {
  const events = []
  const read = portal.store.client.readStream(stream, { maxCount: upTo + 1 })
  for await (const { event } of read) if (event) events.push(event)
  await restored.client.appendToStream(
    stream,
    events.map(
      ({ id, type, data, metadata }) =>
        ({ contentType: 'application/json', id, type, data, metadata }) as never,
    ),
  )
}

test('from an event store that was restored from before a run nothing is run again, and the executor says so', async () => {
  const first = await startInProcess(portal, { sandbox })
  const requestId = await portal.approved({ content: 'insert into counter values (1)' })
  await expect.poll(async () => (await portal.request(requestId)).status, patience).toBe('EXECUTED')
  await first.stop()
  await restore(streamName('instance', portal.instanceId), 0)
  const { state: request } = await loadRequest(portal.store, requestId)
  await restore(streamName('user', request?.requesterId ?? ''), 0)
  await restore(streamName('request', requestId), 1)

  const elsewhere = Object.assign(Object.create(portal) as TestPortal, {
    eventStoreUrl: copy.connectionString,
  })
  const second = await startInProcess(elsewhere, { name: `executor-${randomUUID()}`, sandbox })
  const server = second.app.listen(0, '127.0.0.1')
  try {
    const health = async () => {
      const { port } = server.address() as AddressInfo
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
      return { status: answer.status, text: await answer.text() }
    }
    await expect.poll(async () => (await health()).text, patience).toContain('older than what was executed')
    expect(await health()).toMatchObject({ status: 503, text: expect.stringContaining(requestId) as string })
    expect((await loadRequest(restored, requestId)).events.map(({ type }) => type)).toEqual([
      'RequestSubmitted',
      'RequestApproved',
    ])
    expect(await rows()).toBe(1)
  } finally {
    server.close()
    await second.stop()
  }
})
