import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureDatabase, ensureLogin, inDatabase, withClient } from '../databases.ts'
import { loadDemoDatabases } from '../demo/database.ts'
import { mongoSeededMarker, seedDemoMongo } from '../demo/mongoSeed.ts'
import { seedDemo, seededMarker } from '../demo/seed.ts'
import { migrate } from '../migrate.ts'
import { assertPortFree } from '../ports.ts'
import { removePostgresData } from '../postgres/remove.ts'
import { startPostgres } from '../postgres/server.ts'
import { lockDataDir } from './lock.ts'
import { mongoFolder, mongoName, startDemoMongo, wantsMongo, type DemoMongo } from './mongo.ts'
import { createOutput, type Output } from './output.ts'
import { waitUntilReady } from './ready.ts'
import { loadSecrets, type StackSecrets } from './secrets.ts'
import {
  eventStoreDatabase,
  eventStoreSpec,
  executorJournal,
  portalDatabase,
  serviceSpecs,
  type ServiceSpec,
} from './services.ts'
import type { PortName, Settings } from './settings.ts'
import { supervise, type ProcessSpec, type Supervised } from './supervise.ts'

export interface RunningStack {
  /** Where the portal answers. */
  address: string
  postgresPort: number
  postgresHome: string
  /** Undefined when nobody wanted one. */
  mongo: DemoMongo | undefined
  /** Settles, with the reason, when a part that can't be started anew has ended by itself. */
  broken: Promise<string>
}

/** The longest execution, and time to tell of it; who has nothing to do stops at once. */
const graceMs = 65_000
const partsByPort: Record<PortName, string> = {
  PORT: 'the portal',
  COMMAND_SERVICE_PORT: 'the command-service',
  QUERY_SERVICE_PORT: 'the query-service',
  PROJECTOR_PORT: 'the projector',
  EXECUTOR_PORT: 'the executor',
  EVENTSTORE_PORT: 'the event store',
  POSTGRES_PORT: 'PostgreSQL',
  MONGO_PORT: 'MongoDB',
}

/** The whole portal on one machine. `stop` and `kill` may be called at any moment, also while it starts. */
export function createStack(
  settings: Settings,
  output: Output = createOutput(settings.logLevel),
  portalBuilt: Promise<void> = Promise.resolve(),
) {
  // Heard of where it is awaited; until then its failure is nobody's unhandled rejection.
  portalBuilt.catch(() => {})
  const aborting = new AbortController()
  const closers: { close: () => Promise<unknown>; kill?: () => void }[] = []
  const supervised: Supervised[] = []
  const { signal } = aborting

  let starting: Promise<RunningStack> | undefined

  return {
    start: () => (starting = start()),
    stop,
    kill: () => closers.forEach(({ kill }) => kill?.()),
  }

  async function start(): Promise<RunningStack> {
    const { dataDir, ports } = settings
    await mkdir(dataDir, { recursive: true, mode: 0o711 })
    const lock = await lockDataDir(dataDir, output.progress)
    closers.push({ close: async () => lock.release() })
    if (settings.fresh) await removeData(dataDir)
    const secrets = loadSecrets(dataDir)
    const withMongo = wantsMongo(settings)
    for (const [name, port] of Object.entries(ports) as [PortName, number][])
      if (name !== 'POSTGRES_PORT' && (name !== 'MONGO_PORT' || withMongo))
        await assertPortFree(
          partsByPort[name],
          port,
          remedyFor(name),
          name === 'PORT' ? settings.gateway.host : undefined,
        )

    output.progress('Starting PostgreSQL')
    const postgres = await startPostgres({
      dataDir: join(dataDir, 'postgres'),
      adminPassword: secrets.passwords.admin,
      port: ports.POSTGRES_PORT,
      durable: true,
      portRemedy: remedyFor('POSTGRES_PORT'),
      onProgress: output.progress,
      onLog: (line) => output.line('postgres', line),
    })
    closers.push({ close: postgres.stop, kill: postgres.kill })
    signal.throwIfAborted()
    const { adminUrl } = postgres
    await withClient(adminUrl, (client) =>
      ensureLogin(client, eventStoreDatabase.owner, secrets.passwords.eventstore),
    )
    await ensureDatabase(adminUrl, eventStoreDatabase.name, eventStoreDatabase.owner)
    await ensureDatabase(adminUrl, portalDatabase)

    output.progress('Starting the event store')
    const [mongo] = await Promise.all([
      withMongo ? startDemoMongo({ settings, onProgress: output.progress, run: keepRunning }) : undefined,
      settings.eventStoreUrl ? undefined : run(eventStoreSpec({ settings, secrets, adminUrl })),
      migrate({
        adminUrl: inDatabase(adminUrl, portalDatabase),
        rolePasswords: secrets.passwords,
        onProgress: output.progress,
      }),
      loadDemoDatabases(
        adminUrl,
        { writer: secrets.passwords.demoWriter, reader: secrets.passwords.demoReader },
        output.progress,
      ),
    ])

    await portalBuilt
    signal.throwIfAborted()
    output.progress('Starting the services')
    const eventStoreUrl = settings.eventStoreUrl ?? `esdb://127.0.0.1:${ports.EVENTSTORE_PORT}?tls=false`
    const specs = serviceSpecs({ settings, secrets, adminUrl, eventStoreUrl })
    await Promise.all(specs.map(run))
    const address = specs.at(-1)?.probe.replace('/readyz', '') ?? ''
    lock.setPlaces({ address, postgresPort: postgres.port, eventStoreUrl })
    await seed(postgres.port, secrets, mongo).catch((error: unknown) => {
      signal.throwIfAborted()
      output.progress(`The demonstration is not complete; the next start goes on with it. ${String(error)}`)
    })
    return {
      address,
      postgresPort: postgres.port,
      postgresHome: postgres.home,
      mongo,
      broken: postgres.ended.then(() => 'PostgreSQL has ended'),
    }

    async function run(spec: ServiceSpec): Promise<void> {
      const process = keepRunning(spec)
      await waitUntilReady(process, spec.probe, () => output.lastWords(spec.name), signal)
    }

    function keepRunning(spec: ProcessSpec): Supervised {
      signal.throwIfAborted()
      const process = supervise(spec, {
        onLine: (line) => output.line(spec.name, line),
        onStart: lock.addChild,
        onCrash: (how, restartInMs) => output.crash(spec.name, how, restartInMs),
      })
      supervised.push(process)
      closers.push({ close: () => process.stop(graceMs), kill: process.kill })
      return process
    }
  }

  async function seed(postgresPort: number, { passwords }: StackSecrets, mongo: DemoMongo | undefined) {
    const { dataDir, ports } = settings
    const services = {
      commands: `http://127.0.0.1:${ports.COMMAND_SERVICE_PORT}`,
      queries: `http://127.0.0.1:${ports.QUERY_SERVICE_PORT}`,
    }
    const common = { services, dataDir, onProgress: output.progress, signal }
    const logins = { writer: passwords.demoWriter, reader: passwords.demoReader }
    await seedDemo({ ...common, postgresPort, passwords: logins })
    if (mongo && 'port' in mongo) await seedDemoMongo(common, mongo.port, mongo.login)
  }

  /** In reverse order; what does not depend on each other, at once: the services first, then event store and MongoDB, then PostgreSQL. */
  async function stop(): Promise<void> {
    aborting.abort(new Error('stopping'))
    // What is just being started must be known before it can be stopped.
    await starting?.catch(() => {})
    const services = supervised.filter(({ name }) => name !== 'event-store' && name !== mongoName)
    await Promise.all(services.map((process) => process.stop(graceMs)))
    for (const { close } of closers.reverse()) await close()
  }
}

/** Only what the stack itself has made; the folder may hold other things. */
async function removeData(dataDir: string): Promise<void> {
  await removePostgresData(join(dataDir, 'postgres'))
  for (const name of ['secrets', executorJournal, seededMarker, mongoFolder, mongoSeededMarker])
    await rm(join(dataDir, name), { recursive: true, force: true })
}

const remedyFor = (name: PortName) =>
  name === 'PORT'
    ? 'Stop that program, or choose another port: npm start -- --port 8090'
    : `Stop that program, or choose another port: ${name}=<port> npm start (or npm start -- --port 0 for any free ports)`
