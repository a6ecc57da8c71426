import { randomUUID } from 'node:crypto'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { streamName } from '@sre-portal/contracts'
import { loadInstance } from '@sre-portal/platform/aggregates'
import type { Executor } from './app.ts'
import { ScriptSandbox } from './sandbox/scriptSandbox.ts'
import { startInProcess } from './testing/inProcess.ts'
import { TestPortal } from './testing/portal.ts'

const connectTimeoutMs = 3_000

let portal: TestPortal
let executor: Executor
let sandbox: ScriptSandbox
beforeAll(async () => {
  sandbox = new ScriptSandbox({ jitless: true })
  portal = await TestPortal.open()
  executor = await startInProcess(portal, { name: 'executor-1', sandbox })
})
afterAll(async () => {
  await executor.stop()
  await sandbox.close()
  await portal.close()
})

test('an instance that is not reached is told in one sentence and one time, whatever is there', async () => {
  const silent = createServer()
  const closing = createServer((socket) => socket.destroy())
  const ports = await Promise.all([silent, closing].map(portOf))
  const outcomes = []
  for (const [host, port] of [
    ['127.0.0.1', 1],
    ['127.0.0.1', ports[0]],
    ['127.0.0.1', ports[1]],
    ['no-such-host.invalid', 5432],
  ] as const) {
    const instanceId = randomUUID()
    const testId = randomUUID()
    await portal.append(
      streamName('instance', instanceId),
      [
        {
          type: 'InstanceRegistered',
          data: {
            ...{
              instanceId,
              engine: 'mongodb',
              name: 'n',
              environment: 'staging',
              databases: ['x'],
              username: '',
            },
            endpoint: { kind: 'host', host, port: port ?? 1, tls: false },
          },
        },
        { type: 'InstanceTestRequested', data: { testId } },
      ],
      -1,
    )
    await expect
      .poll(async () => (await loadInstance(portal.store, instanceId)).events.at(-1)?.type, {
        timeout: 30_000,
      })
      .toBe('InstanceTested')
    const [tested] = (await loadInstance(portal.store, instanceId)).events.slice(-1)
    if (tested?.type === 'InstanceTested') outcomes.push(tested.data)
  }
  for (const server of [silent, closing]) server.close()
  expect(new Set(outcomes.map(({ reachable, message }) => `${reachable} ${message}`))).toEqual(
    new Set([
      'false No database server was reached there. The log of the executor says more; check address, port, TLS and the network.',
    ]),
  )
  // None comes sooner than the time that a connection may take.
  expect(Math.min(...outcomes.map(({ durationMs }) => durationMs))).toBeGreaterThan(connectTimeoutMs - 50)
})

const portOf = (server: Server): Promise<number> =>
  new Promise((bound) => server.listen(0, '127.0.0.1', () => bound((server.address() as AddressInfo).port)))
