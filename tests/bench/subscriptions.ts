import type { ClientHttp2Session } from 'node:http2'
import { EventStoreDBClient } from '@eventstore/db-client'
import { testDatabase, testEnvironment } from '../setup/postgres.ts'
import { fill } from './eventStoreFigures.ts'
import { startEventStoreProcess } from './eventStoreProcess.ts'
import { benchEvent } from './eventStoreRows.ts'
import { connectPlainly, Follower } from './follower.ts'
import { Report } from './report.ts'
import { timeOf, timesOf } from './samples.ts'

export interface SubscriptionsBenchOptions {
  /** A PostgreSQL server, as an administrator. */
  postgresUrl: string
  events?: number
  subscriptions?: number
  /** How long they may read. */
  seconds?: number
  print?: (line: string) => void
}

const connections = 5
const memoryTarget = 400

/** Prints what catch-up subscriptions, all at once over the whole log, cost those who append; answers whether all targets are met. */
export async function benchSubscriptions(options: SubscriptionsBenchOptions): Promise<boolean> {
  const { events = 100_000, subscriptions = 500, seconds = 480 } = options
  const report = new Report(options.print ?? console.log, 'subscriptions: what | figure | target')
  process.env[testEnvironment.url] = options.postgresUrl
  const database = await testDatabase()
  const server = await startEventStoreProcess(database.url)
  const client = EventStoreDBClient.connectionString(server.connectionString)
  try {
    await fill(client, events)
    let appended = 0
    const append = async () => {
      await client.appendToStream(`beside-${appended % 50}`, benchEvent(appended), { deadline: 60_000 })
      appended += 1
    }
    const alone: number[] = []
    for (let n = 0; n < 200; n++) alone.push(await timeOf(append))
    const address = new URL(server.connectionString.replace('esdb:', 'http:')).origin
    const clients = Array.from({ length: connections }, () => connectPlainly(address))
    const followers = Array.from({ length: subscriptions }, (_, n) => followOver(clients[n % connections]))
    const beside: number[] = []
    let failed = 0
    const began = performance.now()
    const isDone = () => followers.every(({ received, error }) => error !== undefined || received >= events)
    while (!isDone() && performance.now() - began < seconds * 1000) {
      try {
        beside.push(await timeOf(append))
      } catch (error) {
        failed += 1
        report.note(`an append failed: ${String(error)}`)
      }
    }
    const took = (performance.now() - began) / 1000
    const received = followers.map((follower) => follower.received).sort((one, other) => one - other)
    const ended = followers.flatMap(({ error }) => (error ? [error.message] : []))
    for (const follower of followers) follower.end()
    for (const one of clients) one.close()
    const total = received.reduce((sum, count) => sum + count, 0)
    const [own, others] = [timesOf(alone), timesOf(beside)]
    report.note(
      `${subscriptions} subscriptions over ${events.toLocaleString('en')} events, ${took.toFixed(0)} s`,
    )
    report.note(
      `events received: least ${received[0]}, most ${received.at(-1)}, ${Math.round(total / took)}/s in all`,
    )
    report.note(`append, nothing beside it: p50 ${own.p50.toFixed(1)} ms, p99 ${own.p99.toFixed(1)} ms`)
    report.note(
      `append beside them (${beside.length}): p50 ${others.p50.toFixed(1)} ms, p99 ${others.p99.toFixed(1)} ms`,
    )
    for (const message of new Set(ended)) report.note(`a subscription ended: ${message}`)
    report.limit('most memory of the event store', server.peakMemoryMb(), memoryTarget, 'MiB')
    report.limit('subscriptions that ended by themselves', ended.length, 0, '')
    report.limit('appends that failed', failed, 0, '')
    report.limit(
      'subscriptions that had not received every event',
      received.filter((count) => count < events).length,
      0,
      '',
    )
  } finally {
    await client.dispose()
    await server.stop()
    await database.drop()
  }
  return report.isMet
}

function followOver(session: ClientHttp2Session | undefined): Follower {
  if (!session) throw new Error('There is no connection.')
  return new Follower(session)
}
