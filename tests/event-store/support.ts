import { randomUUID } from 'node:crypto'
import {
  EventStoreDBClient,
  jsonEvent,
  type AllStreamSubscription,
  type JSONEventData,
  type JSONEventType,
  type PersistentSubscriptionToAll,
  type PersistentSubscriptionToStream,
  type ResolvedEvent,
  type StreamSubscription,
} from '@eventstore/db-client'
import { afterAll, beforeAll, vi, type TestContext } from 'vitest'
import {
  startEventStore,
  type EventStoreOptions,
  type RunningEventStore,
} from '@sre-portal/infra/event-store/server.ts'
import { testDatabase } from '../setup/postgres.ts'

export interface TestStore {
  readonly client: EventStoreDBClient
  readonly connectionString: string
  readonly port: number
  readonly postgresUrl: string
  readonly logged: string[]
  /** Another client of the same server; disposed with the rest. */
  connect(): EventStoreDBClient
  restart(): Promise<void>
}

/**
 * The node whose protocol a file tests: the real one at EVENTSTORE_TEST_URL (one node without TLS on this machine, such as
 * `esdb://127.0.0.1:2113?tls=false`), if that is set, else an embedded one. Streams and groups have names of their own, so a real node
 * needs no emptying.
 */
export function useEventStore(): TestStore {
  return realNodeUrl === undefined ? useEmbeddedStore() : useRealNode(realNodeUrl)
}

const realNodeUrl = process.env['EVENTSTORE_TEST_URL']

/** True when a real node is tested: where both answers are right, both are accepted then. */
export const isRealNode = realNodeUrl !== undefined

/** For tests that restart the server. */
export function skipOnRealNode({ skip }: TestContext): void {
  skip(isRealNode, 'a real node is not restarted by tests')
}

function useRealNode(connectionString: string): TestStore {
  const clients: EventStoreDBClient[] = []
  const connect = () => {
    const client = EventStoreDBClient.connectionString(connectionString)
    clients.push(client)
    return client
  }
  const onlyEmbedded = (): never => {
    throw new Error('Only the embedded event store can be looked into: use useEmbeddedStore().')
  }
  beforeAll(() => void connect())
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.dispose()))
  })
  return {
    connectionString,
    connect,
    logged: [],
    get client() {
      return present(clients[0])
    },
    port: Number(/:(\d+)/.exec(connectionString)?.[1] ?? 2113),
    get postgresUrl() {
      return onlyEmbedded()
    },
    restart: async () => onlyEmbedded(),
  }
}

/** The embedded server on a database of its own, for all tests of a file. */
export function useEmbeddedStore(options: Partial<EventStoreOptions> = {}): TestStore {
  let database: Awaited<ReturnType<typeof testDatabase>> | undefined
  let running: RunningEventStore | undefined
  let clients: EventStoreDBClient[] = []
  const logged: string[] = []

  const start = async () => {
    database ??= await testDatabase()
    running = await startEventStore({
      postgresUrl: database.url,
      host: '127.0.0.1',
      port: 0,
      log: (line) => logged.push(line),
      ...options,
    })
    store.connect()
  }
  const stop = async () => {
    await Promise.all(clients.map((client) => client.dispose()))
    clients = []
    await running?.close()
  }
  const store = {
    logged,
    get client() {
      return present(clients[0])
    },
    get connectionString() {
      return present(running).connectionString
    },
    get port() {
      return present(running).port
    },
    get postgresUrl() {
      return present(database).url
    },
    connect: () => {
      const client = EventStoreDBClient.connectionString(present(running).connectionString)
      clients.push(client)
      return client
    },
    restart: async () => {
      await stop()
      await start()
    },
  }
  beforeAll(start)
  afterAll(async () => {
    await stop()
    await database?.drop()
  })
  return store
}

export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('A value that has to be there is missing')
  return value
}

export type Numbered = JSONEventType<string, { n: number }>

export function event(n: number, type = 'Counted'): JSONEventData<Numbered> {
  return jsonEvent<Numbered>({ type, data: { n } })
}

export function eventsUpTo(count: number, type = 'Counted'): JSONEventData<Numbered>[] {
  return Array.from({ length: count }, (_, n) => event(n, type))
}

export function freshStream(prefix = 'stream'): string {
  return `${prefix}-${randomUUID()}`
}

export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of source) found.push(item)
  return found
}

export function revisions(events: readonly ResolvedEvent[]): (bigint | undefined)[] {
  return events.map(({ event: recorded }) => recorded?.revision)
}

export function numbers(events: readonly ResolvedEvent[]): unknown[] {
  return events.map(({ event: recorded }) => (recorded?.data as { n: number } | undefined)?.n)
}

export async function failure(work: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await work
  } catch (error) {
    return error as Record<string, unknown>
  }
  throw new Error('This should have failed')
}

export function eventually(check: () => void | Promise<void>, timeout = 15_000): Promise<void> {
  return vi.waitFor(check, { timeout, interval: 10 })
}

type AnySubscription = StreamSubscription | AllStreamSubscription
type AnyPersistent = PersistentSubscriptionToStream | PersistentSubscriptionToAll

export interface Collected {
  events: ResolvedEvent[]
  /** What happened in which order: events by their stream and revision, and the signals. */
  journal: string[]
  errors: unknown[]
}

export function collect(subscription: AnySubscription): Collected {
  const collected: Collected = { events: [], journal: [], errors: [] }
  subscription.on('data', (resolved: ResolvedEvent) => {
    collected.events.push(resolved)
    const recorded = resolved.link ?? resolved.event
    collected.journal.push(`${recorded?.streamId ?? ''}@${recorded?.revision ?? ''}`)
  })
  subscription.on('error', (error) => collected.errors.push(error))
  subscription.on('confirmation', () => collected.journal.push('confirmation'))
  subscription.on('caughtUp', () => {
    // A real node tells it again after it has fallen behind by itself.
    if (!isRealNode || !collected.journal.includes('caughtUp')) collected.journal.push('caughtUp')
  })
  subscription.on('fellBehind', () => collected.journal.push('fellBehind'))
  return collected
}

export interface Delivery {
  resolved: ResolvedEvent
  retryCount: number
}

export interface Consumption {
  deliveries: Delivery[]
  errors: unknown[]
}

export function consume(
  subscription: AnyPersistent,
  answer: (delivery: Delivery) => Promise<void> | undefined,
): Consumption {
  const consumption: Consumption = { deliveries: [], errors: [] }
  subscription.on('data', (resolved: ResolvedEvent & { retryCount?: number }) => {
    const delivery = { resolved, retryCount: resolved.retryCount ?? 0 }
    consumption.deliveries.push(delivery)
    answer(delivery)?.catch((error: unknown) => consumption.errors.push(error))
  })
  subscription.on('error', (error) => consumption.errors.push(error))
  return consumption
}
