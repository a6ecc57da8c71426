import { randomBytes, randomUUID } from 'node:crypto'
import pg from 'pg'
import {
  defaultExecutionLimits,
  streamName,
  type DomainEvent,
  type Endpoint,
  type Engine,
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
import { instancePasswordOf, parseKeyRing, seal } from '@sre-portal/platform/secretBox'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase, testDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'

/** Beginning and end of a request that a test wants to be run. */
export interface TestRequest {
  content: string
  /** PostgreSQL where it isn't said; MongoDB must have been registered. */
  engine?: Engine
  kind?: RequestKind
  mode?: TransactionMode
  limits?: Partial<ExecutionLimits>
  /** Somebody else than the usual one. */
  requesterId?: string
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

interface TargetLogin {
  database: string
  username: string
  password: string
}

interface Target extends TargetLogin {
  engine: Engine
  endpoint: Endpoint
}

interface Registration {
  instanceId: string
  database: string
}

/** Everything of the portal that an executor meets, for tests: event store, database, people, and one registered target. */
export class TestPortal {
  readonly instanceId = randomUUID()
  /** Every event that a person's command brought about, by stream and id, as the event store has acknowledged it. */
  readonly acknowledged: { stream: string; eventId: string }[] = []
  readonly credentialKeys = `k1:${randomBytes(32).toString('base64')}`
  readonly store: EventStore
  readonly eventStoreUrl: string
  readonly database: MigratedDatabase
  readonly admin: pg.Client
  readonly target: pg.Client
  readonly targetUrl: URL
  readonly #closers: (() => Promise<unknown>)[] = []
  readonly #registered = new Map<Engine, Registration>()

  private constructor(parts: PortalParts) {
    this.store = parts.store
    this.eventStoreUrl = parts.eventStoreUrl
    this.database = parts.database
    this.admin = parts.admin
    this.target = parts.target
    this.targetUrl = parts.targetUrl
  }

  /** What `openStore` opens is closed with the portal. */
  static async open(
    openStore: () => Promise<{ connectionString: string; close: () => Promise<void> }> = testEventStore,
  ): Promise<TestPortal> {
    const [database, target, eventStore] = await Promise.all([
      migratedDatabase(),
      testDatabase(),
      openStore(),
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
    await portal.#registerPeople()
    const { hostname: host, port } = portal.targetUrl
    await portal.#registerInstance(portal.instanceId, {
      engine: 'postgresql',
      endpoint: { kind: 'host', host, port: Number(port), tls: false },
      ...portal.targetLogin,
    })
    return portal
  }

  /** How the first target is logged in to. */
  get targetLogin(): TargetLogin {
    const { username, password, pathname } = this.targetUrl
    return {
      database: pathname.slice(1),
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
    }
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
    const added = events.map((event) => ({ id: randomUUID(), event, metadata }))
    const outcome = await this.store.append(stream, added, expectedRevision)
    if (!outcome.appended) throw new Error(`${stream} is not at revision ${expectedRevision}`)
    this.acknowledged.push(...added.map(({ id }) => ({ stream, eventId: id })))
  }

  /** Registers a PostgreSQL, to which requests go from now on instead of the first one. */
  async registerPostgres(address: { host: string; port: number }, login: TargetLogin): Promise<void> {
    const endpoint = { kind: 'host' as const, ...address, tls: false }
    await this.#registerInstance(randomUUID(), { engine: 'postgresql', endpoint, ...login })
  }

  /** Has the first target connect to another host, as an administrator would who typed the password again. */
  async movePostgres(host: string): Promise<void> {
    const { state, revision } = await loadInstance(this.store, this.instanceId)
    if (state?.endpoint.kind !== 'host') throw new Error('There is no such target.')
    const { name, environment, databases, username, engine } = state
    const endpoint = { ...state.endpoint, host }
    const place = instancePasswordOf({ id: this.instanceId, engine, endpoint, username })
    const sealed = seal(parseKeyRing(this.credentialKeys), place, this.targetLogin.password)
    await this.admin.query('update record.target_credentials set ciphertext = $2 where instance_id = $1', [
      this.instanceId,
      sealed,
    ])
    const data = { name, environment, endpoint, databases, username }
    await this.append(streamName('instance', this.instanceId), [{ type: 'InstanceChanged', data }], revision)
  }

  /** Registers a MongoDB server, reached without a login, as a second target. */
  async registerMongo(uri: string, database: string): Promise<void> {
    const target = { engine: 'mongodb' as const, endpoint: { kind: 'uri' as const, uri }, database }
    await this.#registerInstance(randomUUID(), { ...target, username: '', password: '' })
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
    const engine = request.engine ?? 'postgresql'
    const registered = this.#registered.get(engine)
    if (!registered) throw new Error(`No target of ${engine} is registered.`)
    const { instanceId, database } = registered
    const { state: instance } = await loadInstance(this.store, instanceId)
    const instanceRevision = instance?.connectionRevision ?? 0
    const requestId = randomUUID()
    await this.append(
      streamName('request', requestId),
      [
        {
          type: 'RequestSubmitted',
          data: {
            requestId,
            requesterId: request.requesterId ?? requester,
            podId: 'payments',
            instanceId,
            instanceRevision,
            engine,
            database,
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
      TARGET_NETWORKS: '127.0.0.0/8,::1/128',
      POSTGRES_URL: this.database.urls.executor,
      EVENTSTORE_URL: this.eventStoreUrl,
      CREDENTIAL_KEYS: this.credentialKeys,
      ...overrides,
    }
  }

  /** Answers the person's id. */
  async registerPerson(name: string, userId: string = randomUUID()): Promise<string> {
    const data = { userId, email: `${userId}@example.test`, name, role: 'MANAGER' as const, demo: false }
    await this.append(streamName('user', userId), [{ type: 'UserRegistered', data }], -1)
    return userId
  }

  async #registerPeople(): Promise<void> {
    await this.registerPerson('Dana', requester)
    await this.registerPerson('Grace', manager)
    await this.append(
      streamName('pod', 'payments'),
      [
        { type: 'PodCreated', data: { podId: 'payments', name: 'Payments' } },
        { type: 'PodManagerAssigned', data: { userId: manager } },
      ],
      -1,
    )
  }

  async #registerInstance(instanceId: string, target: Target): Promise<void> {
    const { password, database, ...settings } = target
    const keyRing = parseKeyRing(this.credentialKeys)
    const sealed = seal(keyRing, instancePasswordOf({ id: instanceId, ...settings }), password)
    await this.admin.query(
      'insert into record.target_credentials (instance_id, key_id, ciphertext) values ($1, $2, $3)',
      [instanceId, 'k1', sealed],
    )
    const data = {
      ...settings,
      instanceId,
      name: `orders on ${target.engine}`,
      environment: 'staging' as const,
      databases: [database],
    }
    await this.append(streamName('instance', instanceId), [{ type: 'InstanceRegistered', data }], -1)
    this.#registered.set(target.engine, { instanceId, database })
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}
