import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import {
  EventStoreDBClient,
  persistentSubscriptionToAllSettingsFromDefaults,
  START,
  streamNameFilter,
} from '@eventstore/db-client'
import { afterEach, expect, it } from 'vitest'
import { testDatabase } from '../setup/postgres.ts'
import { all, consume, event, eventually, freshStream, numbers, present } from './support.ts'

const main = fileURLToPath(new URL('../../infra/event-store/main.ts', import.meta.url))
const readyLine = /Event store is ready at (esdb:\/\/\S+:(\d+)\S*)/

interface ServerProcess {
  process: ChildProcess
  connectionString: string
  port: number
}

const started: ChildProcess[] = []

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

async function startServer(postgresUrl: string, port: number): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', main, '--postgres', postgresUrl, '--port', String(port)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  started.push(child)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  await eventually(() => expect(output).toMatch(readyLine), 30_000)
  const [, connectionString, boundPort] = present(readyLine.exec(output) ?? undefined)
  return { process: child, connectionString: present(connectionString), port: Number(boundPort) }
}

async function kill(server: ServerProcess): Promise<void> {
  server.process.kill('SIGKILL')
  await once(server.process, 'exit')
}

it('a server that is killed under load has every acknowledged event afterwards, once and in order', async () => {
  const database = await testDatabase()
  let server = await startServer(database.url, 0)
  const { port, connectionString } = server
  const writers = Array.from({ length: 3 }, () => ({
    client: EventStoreDBClient.connectionString(connectionString),
    stream: freshStream('killed'),
    acknowledged: [] as number[],
    next: 0,
  }))
  let isRunning = true
  const kills = 3

  // One event after the other; what was not acknowledged is sent again with the same id, until it is.
  const write = async (writer: (typeof writers)[number]) => {
    while (isRunning) {
      const sent = event(writer.next)
      const expectedRevision = writer.next === 0 ? 'no_stream' : BigInt(writer.next - 1)
      await eventually(async () => {
        await writer.client.appendToStream(writer.stream, sent, { expectedRevision })
      }, 30_000)
      writer.acknowledged.push(writer.next++)
    }
  }
  const writing = writers.map(write)
  for (let round = 0; round < kills; round++) {
    const before = writers.map(({ next }) => next)
    await eventually(() => {
      for (const [index, { next }] of writers.entries())
        expect(next).toBeGreaterThan(present(before[index]) + 30)
    }, 30_000)
    await kill(server)
    server = await startServer(database.url, port)
  }
  isRunning = false
  await Promise.all(writing)

  const reader = EventStoreDBClient.connectionString(server.connectionString)
  const log = await all(reader.readAll())
  for (const { stream, acknowledged } of writers) {
    const own = log.filter(({ event: recorded }) => recorded?.streamId === stream)
    expect(numbers(own)).toEqual(acknowledged)
    expect(own.map(({ event: recorded }) => recorded?.revision)).toEqual(acknowledged.map(BigInt))
  }
  const positions = log.map(({ event: recorded }) => present(recorded?.position).commit)
  expect(positions).toEqual([...positions].sort((one, other) => (one < other ? -1 : 1)))
  await Promise.all([reader, ...writers.map(({ client }) => client)].map((client) => client.dispose()))
  await kill(server)
  await database.drop()
}, 120_000)

it('a persistent subscription goes on after the kill: nothing is lost, nothing checkpointed comes again', async () => {
  const database = await testDatabase()
  let server = await startServer(database.url, 0)
  const { port } = server
  const stream = freshStream('work')
  const first = EventStoreDBClient.connectionString(server.connectionString)
  await first.createPersistentSubscriptionToAll(
    'group',
    persistentSubscriptionToAllSettingsFromDefaults({
      startFrom: START,
      checkPointAfter: 1,
      checkPointLowerBound: 1,
      checkPointUpperBound: 5,
    }),
    { filter: streamNameFilter({ prefixes: [stream] }) },
  )
  const total = 40
  for (let n = 0; n < total; n++) await first.appendToStream(stream, event(n))
  const subscription = first.subscribeToPersistentSubscriptionToAll('group')
  const before = consume(subscription, ({ resolved }) =>
    (resolved.event?.revision ?? 0n) < 20n ? subscription.ack(resolved) : undefined,
  )
  const lastDone = present(
    (await all(first.readStream(stream, { fromRevision: 19n, maxCount: 1 })))[0]?.event?.position,
  )
  await eventually(async () => {
    const { stats } = await first.getPersistentSubscriptionToAllInfo('group')
    expect(stats.lastCheckpointedEventPosition).toEqual(lastDone)
  })
  await kill(server)
  await eventually(() => expect(before.errors.length).toBeGreaterThan(0))
  await first.dispose()

  server = await startServer(database.url, port)
  const second = EventStoreDBClient.connectionString(server.connectionString)
  const again = second.subscribeToPersistentSubscriptionToAll('group')
  const after = consume(again, ({ resolved }) => again.ack(resolved))
  const expected = Array.from({ length: total - 20 }, (_, index) => index + 20)
  await eventually(() => expect(numbers(after.deliveries.map(({ resolved }) => resolved))).toEqual(expected))
  await again.unsubscribe()
  await second.dispose()
  await kill(server)
  await database.drop()
}, 60_000)

it('a server that is asked to stop stops by itself, cleanly', async () => {
  const database = await testDatabase()
  const server = await startServer(database.url, 0)
  const client = EventStoreDBClient.connectionString(server.connectionString)
  await client.appendToStream(freshStream(), event(1))
  server.process.kill('SIGTERM')
  const [code] = (await once(server.process, 'exit')) as [number | null]
  expect(code).toBe(0)
  await client.dispose()
  await database.drop()
})
