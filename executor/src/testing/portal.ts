import { randomBytes, randomUUID } from 'node:crypto'
import pg from 'pg'
import {
  defaultExecutionLimits,
  streamName,
  type DomainEvent,
  type ExecutionLimits,
  type RequestEvent,
  type RequestKind,
  type ResultHead,
  type TransactionMode,
} from '@sre-portal/contracts'
import { contentHashOf, type Request } from '@sre-portal/domain'
import { loadInstance, loadRequest } from '@sre-portal/platform/aggregates'
import { currentSchemaVersion, type StoredEvent } from '@sre-portal/platform/eventCodec'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { instancePasswordOwner, parseKeyRing, seal } from '@sre-portal/platform/secretBox'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase, testDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'

/** Beginning and end of a request that a test wants to be run. */
export interface TestRequest {
  content: string
  kind?: RequestKind
  mode?: TransactionMode
  limits?: Partial<ExecutionLimits>
}

/** A request that waits for its decision, with what an approval of it says. */
export interface Submitted {
  requestId: string
  contentHash: string
  instanceRevision: number
}

export const requester = randomUUID()
export const manager = randomUUID()

interface PortalParts {
  store: EventStore
  eventStoreUrl: string
  database: MigratedDatabase
  /** The portal's own database, as its administrator. */
  admin: pg.Client
  /** The database that requests run on. */
  target: pg.Client
  targetUrl: URL
}

/** Everything of the portal that an executor meets, for tests: event store, database, and one registered target. */
export class TestPortal {
  readonly instanceId = randomUUID()
  readonly credentialKeys = `k1:${randomBytes(32).toString('base64')}`
  readonly store: EventStore
  readonly eventStoreUrl: string
  readonly database: MigratedDatabase
  readonly admin: pg.Client
  readonly target: pg.Client
  readonly targetUrl: URL
  readonly #closers: (() => Promise<unknown>)[] = []

  private constructor(parts: PortalParts) {
    this.store = parts.store
    this.eventStoreUrl = parts.eventStoreUrl
    this.database = parts.database
    this.admin = parts.admin
    this.target = parts.target
    this.targetUrl = parts.targetUrl
  }

  static async open(): Promise<TestPortal> {
    const [database, target, eventStore] = await Promise.all([
      migratedDatabase(),
      testDatabase(),
      testEventStore(),
    ])
    const store = connectEventStore(eventStore.connectionString)
    const admin = await connected(database.adminUrl)
    const targetClient = await connected(target.url)
    const portal = new TestPortal({
      store,
      eventStoreUrl: eventStore.connectionString,
      database,
      admin,
      target: targetClient,
      targetUrl: new URL(target.url),
    })
    portal.#closers.push(
      () => admin.end(),
      () => targetClient.end(),
      () => store.close(),
      () => eventStore.close(),
      () => target.drop(),
      () => database.drop(),
    )
    await portal.#registerInstance()
    return portal
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close()
  }

  /** Appends events to a stream at its end, as some person. */
  async append(
    stream: string,
    events: DomainEvent[],
    expectedRevision: number,
    userId = requester,
  ): Promise<void> {
    const metadata = {
      actor: { kind: 'user' as const, id: userId, name: 'Somebody', role: 'MANAGER' as const },
      at: new Date().toISOString(),
      correlationId: randomUUID(),
      schemaVersion: currentSchemaVersion,
    }
    const outcome = await this.store.append(
      stream,
      events.map((event) => ({ id: randomUUID(), event, metadata })),
      expectedRevision,
    )
    if (!outcome.appended) throw new Error(`${stream} is not at revision ${expectedRevision}`)
  }

  /** Submits and approves; answers the request's id. */
  async approved(request: TestRequest, contentHash = contentHashOf(request.content)): Promise<string> {
    const submitted = await this.submitted(request, contentHash)
    await this.approve(submitted)
    return submitted.requestId
  }

  async approve({ requestId, ...approval }: Submitted): Promise<void> {
    await this.append(
      streamName('request', requestId),
      [{ type: 'RequestApproved', data: approval }],
      0,
      manager,
    )
  }

  async submitted(request: TestRequest, contentHash = contentHashOf(request.content)): Promise<Submitted> {
    const { state: instance } = await loadInstance(this.store, this.instanceId)
    const instanceRevision = instance?.connectionRevision ?? 0
    const requestId = randomUUID()
    await this.append(
      streamName('request', requestId),
      [
        {
          type: 'RequestSubmitted',
          data: {
            requestId,
            requesterId: requester,
            podId: 'payments',
            instanceId: this.instanceId,
            instanceRevision,
            engine: 'postgresql',
            database: this.targetUrl.pathname.slice(1),
            kind: request.kind ?? 'query',
            content: request.content,
            contentHash,
            fileName: null,
            transactionMode: request.mode ?? 'single',
            comment: 'for a test',
            ticket: null,
            limits: { ...defaultExecutionLimits, ...request.limits },
            resubmissionOf: null,
          },
        },
      ],
      -1,
    )
    return { requestId, contentHash, instanceRevision }
  }

  async request(requestId: string): Promise<Request> {
    const { state } = await loadRequest(this.store, requestId)
    if (!state) throw new Error(`There is no request ${requestId}.`)
    return state
  }

  async events(requestId: string): Promise<StoredEvent<RequestEvent>[]> {
    return (await loadRequest(this.store, requestId)).events
  }

  /** The head that was stored for a request. */
  async result(requestId: string): Promise<ResultHead | null> {
    const { rows } = await this.admin.query<{ head: string }>(
      'select head from record.results where request_id = $1',
      [requestId],
    )
    return rows[0] ? (JSON.parse(rows[0].head) as ResultHead) : null
  }

  /** Environment of a real executor process. */
  environment(overrides: Record<string, string> = {}): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      NODE_ENV: 'test',
      LOG_LEVEL: 'warn',
      PORT: '0',
      POSTGRES_URL: this.database.urls.executor,
      EVENTSTORE_URL: this.eventStoreUrl,
      CREDENTIAL_KEYS: this.credentialKeys,
      ...overrides,
    }
  }

  async #registerInstance(): Promise<void> {
    const { targetUrl, instanceId } = this
    const keyRing = parseKeyRing(this.credentialKeys)
    const sealed = seal(keyRing, instancePasswordOwner(instanceId), decodeURIComponent(targetUrl.password))
    await this.admin.query(
      'insert into record.target_credentials (instance_id, key_id, ciphertext) values ($1, $2, $3)',
      [instanceId, 'k1', sealed],
    )
    await this.append(
      streamName('instance', instanceId),
      [
        {
          type: 'InstanceRegistered',
          data: {
            instanceId,
            engine: 'postgresql',
            name: 'orders',
            environment: 'staging',
            endpoint: { kind: 'host', host: targetUrl.hostname, port: Number(targetUrl.port), tls: false },
            databases: [targetUrl.pathname.slice(1)],
            username: decodeURIComponent(targetUrl.username),
          },
        },
      ],
      -1,
    )
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}
