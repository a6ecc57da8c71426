import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import pg from 'pg'
import type { Accepted, Engine } from '@sre-portal/contracts'
import { findMongoServer, type MongoServer } from '@sre-portal/infra/mongo/testServer.ts'
import { freePort } from '@sre-portal/infra/ports.ts'
import { signAccessToken } from '@sre-portal/platform/accessToken'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { historyWriter, type Someone } from '@sre-portal/platform/testing/historyWriter'
import type { Mark } from '../faults/history.ts'
import { TcpProxy } from '../faults/tcpProxy.ts'
import { migratedDatabase, testDatabase, type MigratedDatabase } from '../setup/postgres.ts'
import { Part } from './part.ts'
import { TargetServer, targetDatabase } from './targetServer.ts'

// A server that is given may hold other things.
const mongoDatabase = `sre_portal_soak_${randomBytes(6).toString('hex')}`

const startMs = 60_000

interface Target {
  engine: Engine
  instanceId: string
  database: string
  /** What stands between the executors and the server. */
  proxy: TcpProxy
}

export interface SoakPortalOptions {
  executors: number
  leaseMs?: number
  /** What the command-service is told beyond the usual. */
  commandEnvironment?: Record<string, string>
  /** Whether there is somebody to answer questions, at `queryUrl`. */
  hasQueries?: boolean
}

/** The people of a run. */
export interface People {
  dana: Someone
  grace: Someone
  pavel: Someone
  ada: Someone
}

/** The whole portal in processes of its own, with targets that can be disturbed. */
export class SoakPortal {
  readonly executors: Part[]
  readonly commandService: Part
  readonly projector: Part
  readonly queryService: Part | null
  readonly eventStore: Part
  readonly targetServer: TargetServer
  readonly targets: Target[] = []
  readonly database: MigratedDatabase
  /** The portal's database, as its administrator. */
  readonly admin: pg.Client
  readonly store: EventStore
  readonly commandUrl: string
  readonly queryUrl: string
  readonly projectorEnvironment: Record<string, string>
  people!: People
  readonly #jwtSecret: string
  readonly #mongo: MongoServer | null
  readonly #closers: (() => Promise<unknown>)[]

  private constructor(parts: {
    executors: Part[]
    commandService: Part
    projector: Part
    queryService: Part | null
    eventStore: Part
    targetServer: TargetServer
    database: MigratedDatabase
    admin: pg.Client
    store: EventStore
    commandUrl: string
    queryUrl: string
    projectorEnvironment: Record<string, string>
    jwtSecret: string
    mongo: MongoServer | null
    closers: (() => Promise<unknown>)[]
  }) {
    this.executors = parts.executors
    this.commandService = parts.commandService
    this.projector = parts.projector
    this.queryService = parts.queryService
    this.eventStore = parts.eventStore
    this.targetServer = parts.targetServer
    this.database = parts.database
    this.admin = parts.admin
    this.store = parts.store
    this.commandUrl = parts.commandUrl
    this.queryUrl = parts.queryUrl
    this.projectorEnvironment = parts.projectorEnvironment
    this.#jwtSecret = parts.jwtSecret
    this.#mongo = parts.mongo
    this.#closers = parts.closers
  }

  /** Starts all of it; what could not be started is closed again. */
  static async open({
    executors,
    leaseMs = 1500,
    commandEnvironment = {},
    hasQueries = false,
  }: SoakPortalOptions): Promise<SoakPortal> {
    const closers: (() => Promise<unknown>)[] = []
    try {
      const portal = await SoakPortal.#start({ executors, leaseMs, commandEnvironment, hasQueries }, closers)
      await portal.#populate()
      return portal
    } catch (error) {
      for (const close of closers.toReversed()) await close()
      throw error
    }
  }

  static async #start(
    { executors, leaseMs, commandEnvironment, hasQueries }: Required<SoakPortalOptions>,
    closers: (() => Promise<unknown>)[],
  ): Promise<SoakPortal> {
    const closing = <T>(thing: T, close: (thing: T) => Promise<unknown>): T => {
      closers.push(() => close(thing))
      return thing
    }
    const database = closing(await migratedDatabase(), ({ drop }) => drop())
    const storeDatabase = closing(await testDatabase(), ({ drop }) => drop())
    const targetServer = closing(await TargetServer.open(), (server) => server.close())
    const mongo = closing(await findMongoServer(), (found) => dropMongo(found.server))
    const admin = closing(new pg.Client({ connectionString: database.adminUrl }), (client) => client.end())
    await admin.connect()
    const journal = mkdtempSync(join(tmpdir(), 'sre-portal-soak-'))
    closers.push(async () => rmSync(journal, { recursive: true, force: true }))
    const [storePort, commandPort, queryPort] = [await freePort(), await freePort(), await freePort()]
    const jwtSecret = randomBytes(32).toString('hex')
    const credentialKeys = `k1:${randomBytes(32).toString('base64')}`
    const common = {
      PATH: process.env['PATH'] ?? '',
      NODE_ENV: 'test',
      LOG_LEVEL: 'info',
      PORT: '0',
      // The targets are on this machine.
      TARGET_NETWORKS: '127.0.0.0/8',
      EVENTSTORE_URL: `esdb://127.0.0.1:${storePort}?tls=false`,
    }
    const part = (name: string, main: string, ready: RegExp, env: Record<string, string>, args?: string[]) =>
      closing(new Part({ name, main, ready, env: { ...common, ...env }, ...(args && { args }) }), (it) =>
        it.kill(),
      )
    const eventStore = part(
      'event store',
      'infra/event-store/main.ts',
      /is ready at/,
      { EVENTSTORE_POSTGRES_URL: storeDatabase.url },
      ['--port', String(storePort)],
    )
    const commandService = part('command-service', 'command-service/src/main.ts', /listening on/, {
      POSTGRES_URL: database.urls.command,
      PORT: String(commandPort),
      JWT_SECRET: jwtSecret,
      CREDENTIAL_KEYS: credentialKeys,
      BCRYPT_COST: '4',
      LIMIT_TIME_MS: '6000',
      LIMIT_PENDING_REQUESTS: '100000',
      LIMIT_SUBMISSIONS_A_MINUTE: '100000',
      ...commandEnvironment,
    })
    const projectorEnvironment = { ...common, POSTGRES_URL: database.urls.projector }
    const projector = part(
      'projector',
      'projector/src/main.ts',
      /projector is listening/,
      projectorEnvironment,
    )
    const queryEnvironment = {
      POSTGRES_URL: database.urls.query,
      PORT: String(queryPort),
      JWT_SECRET: jwtSecret,
    }
    const queryService = hasQueries
      ? part('query-service', 'query-service/src/main.ts', /query-service is listening/, queryEnvironment)
      : null
    const runners = Array.from({ length: executors }, (_, index) =>
      part(`executor-${index + 1}`, 'executor/src/main.ts', /executor is listening/, {
        POSTGRES_URL: database.urls.executor,
        CREDENTIAL_KEYS: credentialKeys,
        EXECUTOR_ID: `executor-${index + 1}`,
        EXECUTOR_JOURNAL_DIR: journal,
        EXECUTOR_LEASE_MS: String(leaseMs),
        EXECUTOR_RECOVERY_INTERVAL_MS: '200',
        TARGET_CONNECT_TIMEOUT_MS: '2000',
      }),
    )
    await eventStore.start()
    const store = closing(connectEventStore(common.EVENTSTORE_URL), (it) => it.close())
    return new SoakPortal({
      executors: runners,
      commandService,
      projector,
      queryService,
      eventStore,
      targetServer,
      database,
      admin,
      store,
      commandUrl: `http://127.0.0.1:${commandPort}`,
      queryUrl: `http://127.0.0.1:${queryPort}`,
      projectorEnvironment,
      jwtSecret,
      mongo: mongo.server,
      closers,
    })
  }

  get parts(): Part[] {
    const queries = this.queryService ? [this.queryService] : []
    return [this.eventStore, this.commandService, this.projector, ...queries, ...this.executors]
  }

  get hasMongo(): boolean {
    return this.#mongo !== null
  }

  /** A fresh access token; they live 15 minutes. Each person has one session, under their own id. */
  tokenOf(person: Someone): string {
    return signAccessToken(this.#jwtSecret, { userId: person.id, sessionId: person.id }, randomUUID())
  }

  target(engine: Engine): Target {
    const target = this.targets.find((one) => one.engine === engine)
    if (!target) throw new Error(`There is no target of ${engine}.`)
    return target
  }

  /** Every mark that is at a target. */
  async marks(): Promise<Mark[]> {
    const onPostgres = await this.targetServer.marks()
    if (!this.#mongo) return onPostgres
    const client = new MongoClient(this.#mongo.url)
    try {
      const found = await client.db(mongoDatabase).collection<{ text: string }>('marks').find().toArray()
      return [...onPostgres, ...found.map(({ text }) => ({ text, application: null }))]
    } finally {
      await client.close()
    }
  }

  async close(): Promise<void> {
    for (const close of this.#closers.toReversed()) await close()
  }

  /** People, a pod and the targets; then all parts are at work. */
  async #populate(): Promise<void> {
    const write = historyWriter(this.store)
    const [dana, grace, pavel, ada] = [
      await write.user('Dana Levi', 'DEVELOPER'),
      await write.user('Grace Park', 'MANAGER'),
      await write.user('Pavel Novak', 'MANAGER'),
      await write.user('Ada Root', 'ADMIN'),
    ]
    this.people = { dana, grace, pavel, ada }
    for (const { id } of Object.values(this.people)) {
      // Of the event that registered them; nobody signs in by it.
      await this.admin.query(
        `insert into record.user_credentials (user_id, email, password_hash, revision) values ($1, $2, 'none', 0)`,
        [id, `${id}@soak.example`],
      )
      await this.admin.query(
        'insert into record.sessions (session_id, user_id, started_at) values ($1, $1, now())',
        [id],
      )
    }
    await write.pod('payments', 'Payments', grace, pavel)
    const [, ...others] = this.parts
    await Promise.all(others.map((part) => part.start()))
    const { port, login } = this.targetServer
    await this.#register('postgresql', { host: '127.0.0.1', port }, targetDatabase, login)
    if (!this.#mongo) return
    const { hostname: host, port: mongoPort } = new URL(this.#mongo.url)
    const nobody = { user: '', password: '' }
    await this.#register('mongodb', { host, port: Number(mongoPort) }, mongoDatabase, nobody)
  }

  async #register(
    engine: Engine,
    server: { host: string; port: number },
    database: string,
    login: { user: string; password: string },
  ): Promise<void> {
    const proxy = await TcpProxy.open(server)
    this.#closers.push(() => proxy.close())
    const endpoint =
      engine === 'postgresql'
        ? { kind: 'host', host: '127.0.0.1', port: proxy.port, tls: false }
        : { kind: 'uri', uri: `mongodb://127.0.0.1:${proxy.port}/?directConnection=true` }
    const response = await this.#postOnceReady('/api/instances', {
      name: `orders on ${engine}`,
      engine,
      environment: 'staging',
      endpoint,
      databases: [database],
      username: login.user,
      password: login.password,
    })
    if (response.status !== 201) throw new Error(`An instance was not registered: ${await response.text()}`)
    const { id } = (await response.json()) as Accepted
    this.targets.push({ engine, instanceId: id, database, proxy })
  }

  /** The service listens before it knows who and what there is, and says so. */
  async #postOnceReady(path: string, body: object): Promise<Response> {
    const until = Date.now() + startMs
    for (;;) {
      const response = await fetch(`${this.commandUrl}${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.tokenOf(this.people.ada)}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
      })
      if (response.status !== 503 || Date.now() > until) return response
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

async function dropMongo(server: MongoServer | null): Promise<void> {
  if (!server) return
  const client = new MongoClient(server.url)
  await client.db(mongoDatabase).dropDatabase()
  await client.close()
  await server.stop()
}
