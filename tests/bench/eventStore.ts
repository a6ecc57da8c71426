import { randomBytes } from 'node:crypto'
import { EventStoreDBClient } from '@eventstore/db-client'
import { inDatabase, withClient } from '@sre-portal/infra/databases.ts'
import { openBaseline, type Baseline } from './eventStoreBaseline.ts'
import {
  appendByHundred,
  appendConcurrently,
  appendOneByOne,
  catchUp,
  consumePersistently,
  fill,
  liveLatency,
  readAll,
} from './eventStoreFigures.ts'
import { memoryPeaks } from './eventStoreMemory.ts'
import { startEventStoreProcess } from './eventStoreProcess.ts'
import { Report } from './report.ts'
import { timesOf } from './samples.ts'

export interface EventStoreBenchOptions {
  /** A PostgreSQL server with fsync on, as an administrator; two databases are made there and dropped again. */
  postgresUrl: string
  /** How long each of the append figures is measured. */
  durationMs?: number
  readEvents?: number
  memoryEvents?: number
  flatEvents?: number
  print?: (line: string) => void
}

/** Prints every figure of the event store beside PostgreSQL's own for the same rows; true when all targets are met. */
export async function benchEventStore(options: EventStoreBenchOptions): Promise<boolean> {
  const { durationMs = 4000, readEvents = 100_000, memoryEvents = 700_000, flatEvents = 1_000_000 } = options
  const print = options.print ?? console.log
  const report = new Report(print, 'event store: what | event store | PostgreSQL | ratio | target')
  const suffix = randomBytes(4).toString('hex')
  const databases = [`bench_store_${suffix}`, `bench_rows_${suffix}`]
  const [storeUrl = '', rowsUrl = ''] = databases.map((name) => inDatabase(options.postgresUrl, name))
  for (const name of databases) {
    await withClient(options.postgresUrl, (client) => client.query(`CREATE DATABASE ${name}`))
  }
  try {
    const baseline = await openBaseline(rowsUrl)
    let server = await startEventStoreProcess(storeUrl)
    let client = EventStoreDBClient.connectionString(server.connectionString)
    await measureRates(client, baseline, report, durationMs, readEvents)
    await baseline.close()
    const latency = await liveLatency(client, 1000)
    report.limit('append called -> event at a live subscriber, p50', latency.p50, 1.5, 'ms')
    report.note(`  p99 ${latency.p99.toFixed(1)} ms`)

    await fill(client, memoryEvents)
    report.limit(
      `memory after ${memoryEvents.toLocaleString('en')} events and more`,
      server.memoryMb(),
      200,
      'MB',
    )
    await client.dispose()
    await server.stop()
    const startsMs: number[] = []
    for (let start = 0; start < 3; start++) {
      if (start > 0) await server.stop()
      server = await startEventStoreProcess(storeUrl)
      startsMs.push(server.startMs)
    }
    report.limit('start with them, until clients can connect', timesOf(startsMs).p50, 1000, 'ms')
    report.note(`  memory after the start ${server.memoryMb().toFixed(0)} MB`)

    client = EventStoreDBClient.connectionString(server.connectionString)
    await fill(client, Math.max(0, flatEvents - memoryEvents))
    await client.dispose()
    const peaks = await memoryPeaks(server, flatEvents)
    const number = flatEvents.toLocaleString('en')
    report.limit(`peak memory while ${number} events are read`, peaks.reading, 200, 'MB')
    report.limit(`peak memory while ${number} events are followed`, peaks.subscribing, 200, 'MB')
    report.limit('peak memory beside consumers that stand still', peaks.slowConsumer, 200, 'MB')
    await server.stop()
    return report.isMet
  } finally {
    for (const name of databases) {
      await withClient(options.postgresUrl, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`))
    }
  }
}

async function measureRates(
  client: EventStoreDBClient,
  baseline: Baseline,
  report: Report,
  durationMs: number,
  readEvents: number,
): Promise<void> {
  const pairs: [what: string, own: Measure, postgres: Measure, target: number][] = [
    ['appends of 1 event, one by one', (ms) => appendOneByOne(client, ms), baseline.oneByOne, 0.5],
    ['appends of 1 event, 64 in flight', (ms) => appendConcurrently(client, ms), baseline.concurrently, 0.7],
    ['100 events a call, one call at a time', (ms) => appendByHundred(client, ms), baseline.byHundred, 0.5],
  ]
  // Neither side is measured cold: the engines compile the same code anew, better each time, for some ten thousand calls.
  for (const [, own, postgres] of pairs.toReversed()) {
    await own(durationMs)
    await postgres(durationMs)
  }
  for (const [what, own, postgres, target] of pairs) {
    const { ownRate, postgresRate } = await inTurns(own, postgres, durationMs)
    report.ratio(what, ownRate, postgresRate, target)
  }
  await fill(client, readEvents)
  const select = await baseline.read(readEvents)
  report.ratio(`read $all forwards, ${readEvents} events`, await readAll(client, readEvents), select, 0.2)
  report.ratio('catch-up subscription from zero', await catchUp(client, readEvents), select, 0.17)
  report.ratio(
    'persistent subscription, ack each',
    await consumePersistently(client, readEvents / 2),
    select,
    0.05,
  )
}

type Measure = (durationMs: number) => Promise<number>

const turns = 8

/** Both sides by turns, so that a disk that is slow for a moment is slow for both. */
async function inTurns(
  own: Measure,
  postgres: Measure,
  durationMs: number,
): Promise<{ ownRate: number; postgresRate: number }> {
  let [ownSum, postgresSum] = [0, 0]
  for (let turn = 0; turn < turns; turn++) {
    ownSum += await own(durationMs / turns)
    postgresSum += await postgres(durationMs / turns)
  }
  return { ownRate: ownSum / turns, postgresRate: postgresSum / turns }
}
