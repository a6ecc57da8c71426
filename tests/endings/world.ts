import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isAlive, waitForEnd } from '@sre-portal/infra/processes.ts'
import { TcpProxy, type ProxyMode } from '../faults/tcpProxy.ts'
import { testEventStore } from '../setup/eventStore.ts'
import { migratedDatabase, testDatabase, type MigratedDatabase } from '../setup/postgres.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const stopWithParent = join(root, 'infra', 'stack', 'stopWithParent.mjs')
const tsx = import.meta.resolve('tsx')

export const partNames = [
  'command-service',
  'query-service',
  'projector',
  'executor',
  'gateway',
  'event-store',
] as const
export type PartName = (typeof partNames)[number]

/** A part of the portal, in a process of its own, that a process in between has started. */
export interface RunningPart {
  pid: number
  url: string
  parent: ChildProcess
  /** All that it has said. */
  said: () => string
  /** How it ended, as its parent saw it. */
  ended: Promise<{ code: number | null; signal: string | null }>
  /** False when it is still there after the time. */
  endsWithin: (ms: number) => Promise<boolean>
}

/** PostgreSQL and an event store behind proxies that disturb them, and the parts that were started beside them. */
export class World {
  readonly #closers: (() => Promise<unknown>)[] = []
  readonly #parts: RunningPart[] = []
  readonly jwtSecret = randomBytes(32).toString('hex')
  readonly database: MigratedDatabase
  readonly storeDatabase: string
  readonly storeUrl: string
  readonly postgres: TcpProxy
  readonly store: TcpProxy
  readonly folder = mkdtempSync(join(tmpdir(), `sre-portal-test-${process.pid}-endings-`))

  private constructor(
    database: MigratedDatabase,
    storeDatabase: string,
    storeUrl: string,
    proxies: { postgres: TcpProxy; store: TcpProxy },
  ) {
    this.database = database
    this.storeDatabase = storeDatabase
    this.storeUrl = storeUrl
    this.postgres = proxies.postgres
    this.store = proxies.store
  }

  static async open(): Promise<World> {
    const database = await migratedDatabase()
    const own = await testDatabase()
    const eventStore = await testEventStore()
    const behind = (url: string) =>
      TcpProxy.open({ host: new URL(url).hostname, port: Number(new URL(url).port) })
    const [postgres, store] = [await behind(database.adminUrl), await behind(eventStore.connectionString)]
    const world = new World(database, own.url, eventStore.connectionString, { postgres, store })
    world.#closers.push(
      () => postgres.close(),
      () => store.close(),
      () => eventStore.close(),
      () => own.drop(),
      () => database.drop(),
      async () => rmSync(world.folder, { recursive: true, force: true }),
    )
    return world
  }

  /** What the parts need answers (`open`), or is away, frozen or late. */
  async needs(mode: ProxyMode): Promise<void> {
    for (const proxy of [this.postgres, this.store])
      await (mode === 'open' ? proxy.mend() : proxy.disturb(mode))
  }

  /** The process in between starts the part as the stack does, and tells what becomes of it. */
  async start(name: PartName, { preload = '', group = false } = {}): Promise<RunningPart> {
    const args = [
      ...['--import', stopWithParent, '--import', tsx],
      ...(preload ? ['--import', preload] : []),
      ...this.#mainOf(name),
    ]
    const between = `
      import { spawn } from 'node:child_process'
      const child = spawn(process.execPath, ${JSON.stringify(args)}, {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: ${String(!group)} })
      console.log('pid ' + child.pid + ' ')
      child.on('exit', (code, signal) => process.send({ code, signal }))
      ${group ? "process.on('SIGINT', () => {})" : ''}`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', between], {
      cwd: root,
      env: this.environmentOf(name),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: group,
    })
    let said = ''
    for (const stream of [parent.stdout, parent.stderr])
      stream?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const pid = Number(await found(() => said, /pid (\d+) /))
    const ended = once(parent, 'message').then(([message]) => message as { code: number; signal: string })
    const part: RunningPart = {
      pid,
      url: '',
      parent,
      said: () => said,
      ended,
      endsWithin: (ms) => waitForEnd(pid, ms),
    }
    this.#parts.push(part)
    return part
  }

  /** The same, once it listens. */
  async up(name: PartName, options: { preload?: string; group?: boolean } = {}): Promise<RunningPart> {
    const part = await this.start(name, options)
    part.url = await found(
      part.said,
      /(?:listening on |"url":"|portal is at |ready at )((?:http|esdb):\/\/[^"\s]+)/,
    )
    return part
  }

  async endParts(): Promise<void> {
    for (const { pid, parent } of this.#parts.splice(0)) {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL')
      if (parent.exitCode === null && parent.signalCode === null) parent.kill('SIGKILL')
      await waitForEnd(pid, 10_000)
    }
  }

  async close(): Promise<void> {
    await this.endParts()
    for (const close of this.#closers) await close()
  }

  #mainOf(name: PartName): string[] {
    if (name === 'gateway') return ['infra/gateway/main.ts']
    if (name === 'event-store') return ['infra/event-store/main.ts', '--port', '0']
    return [`${name}/src/main.ts`]
  }

  /** What a part is told: where everything is, through the proxies. */
  environmentOf(name: PartName): NodeJS.ProcessEnv {
    const roles = {
      'command-service': 'command',
      'query-service': 'query',
      projector: 'projector',
      executor: 'executor',
    } as const
    const through = (url: string, { port }: TcpProxy) => {
      const changed = new URL(url)
      changed.port = String(port)
      return changed.href
    }
    const database =
      name === 'event-store' || name === 'gateway' ? this.storeDatabase : this.database.urls[roles[name]]
    const unused = 'http://127.0.0.1:1'
    return {
      PATH: process.env['PATH'],
      NODE_ENV: 'test',
      LOG_LEVEL: 'info',
      PORT: '0',
      BCRYPT_COST: '4',
      POSTGRES_URL: through(database, this.postgres),
      EVENTSTORE_POSTGRES_URL: through(database, this.postgres),
      EVENTSTORE_URL: through(this.storeUrl, this.store),
      JWT_SECRET: this.jwtSecret,
      CREDENTIAL_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      EXECUTOR_JOURNAL_DIR: this.folder,
      COMMAND_SERVICE_URL: unused,
      QUERY_SERVICE_URL: unused,
      PORTAL_DIR: this.folder,
    }
  }
}

const startMs = 60_000

async function found(said: () => string, pattern: RegExp): Promise<string> {
  const until = Date.now() + startMs
  for (;;) {
    const text = pattern.exec(said())?.[1]
    if (text) return text
    if (Date.now() > until) throw new Error(`There was no ${pattern} in:\n${said()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
