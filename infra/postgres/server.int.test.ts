import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withClient } from '../databases.ts'
import { freePort } from '../ports.ts'
import { commandLine, isAlive, waitForEnd } from '../processes.ts'
import { removePostgresData } from './remove.ts'
import { startPostgres, type RunningPostgres } from './server.ts'

let folder: string
let told: string[]
let servers: RunningPostgres[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedded-'))
  await chmod(folder, 0o711)
  told = []
  servers = []
})

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()))
  await removePostgresData(join(folder, 'pg'))
  await rm(folder, { recursive: true })
})

async function start(more: { port?: number; adminPassword?: string } = {}) {
  const server = await startPostgres({
    dataDir: join(folder, 'pg'),
    adminPassword: "it's: a/secret@word",
    port: 0,
    durable: true,
    onProgress: (text) => told.push(text),
    ...more,
  })
  servers.push(server)
  return server
}

const ask = (server: { adminUrl: string }, sql: string) =>
  withClient(server.adminUrl, async (client) => (await client.query<Record<string, unknown>>(sql)).rows)

const pidOf = async (server: RunningPostgres) =>
  Number((await readFile(join(server.home, 'postmaster.pid'), 'utf8')).split('\n')[0])

test('the server speaks UTF-8, sorts by code point, lives in UTC, is durable, and listens on loopback alone', async () => {
  const server = await start()
  const settings = [
    'fsync',
    'synchronous_commit',
    'full_page_writes',
    'TimeZone',
    'listen_addresses',
    'data_checksums',
  ]
  const values = settings.map((name) => `current_setting('${name}') as "${name}"`).join(', ')
  expect(await ask(server, `select ${values}, current_setting('server_encoding') as encoding`)).toEqual([
    {
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      TimeZone: 'UTC',
      listen_addresses: '127.0.0.1',
      data_checksums: 'on',
      encoding: 'UTF8',
    },
  ])
  expect(await ask(server, "select lower('ÄÖÜ') as lower, 'Z' < 'a' as by_code_point")).toEqual([
    { lower: 'äöü', by_code_point: true },
  ])
  const { rows } = await withClient(server.adminUrl, (client) =>
    client.query('select distinct auth_method from pg_hba_file_rules'),
  )
  expect(rows).toEqual([{ auth_method: 'scram-sha-256' }])
})

test('a wrong password is refused', async () => {
  const { port } = await start()
  await expect(
    ask({ adminUrl: `postgres://postgres:wrong@127.0.0.1:${port}/postgres` }, 'select 1'),
  ).rejects.toMatchObject({
    code: '28P01',
  })
})

test('what was committed is there after stopping and starting again', async () => {
  const first = await start()
  await ask(first, "create table kept as select 'yes' as answer")
  await first.stop()
  expect(existsSync(join(first.home, 'postmaster.pid'))).toBe(false)
  expect(await ask(await start(), 'select answer from kept')).toEqual([{ answer: 'yes' }])
  expect(told).toEqual(['Made a new PostgreSQL database'])
})

test('what was committed is there after the server was killed', async () => {
  const first = await start()
  await ask(first, "create table kept as select 'yes' as answer")
  process.kill(await pidOf(first), 'SIGKILL')
  await first.ended
  expect(await ask(await start(), 'select answer from kept')).toEqual([{ answer: 'yes' }])
  expect(told).toContain('PostgreSQL recovers from an unclean end')
})

test('a process that was given the id of a killed server does not block', async () => {
  const first = await start()
  const lock = join(first.home, 'postmaster.pid')
  process.kill(await pidOf(first), 'SIGKILL')
  await first.ended
  const text = await readFile(lock, 'utf8')
  await writeFile(lock, text.replace(/^\d+/, String(process.pid)))
  expect(await ask(await start(), 'select 1 as answer')).toEqual([{ answer: 1 }])
})

test('a half-made database of a killed first start is made anew', async () => {
  const first = await start()
  await first.stop()
  const half = `${first.home}.new`
  await rm(first.home, { recursive: true })
  await mkdir(half)
  await writeFile(join(half, 'PG_VERSION'), '18')
  expect(await ask(await start(), 'select 1 as answer')).toEqual([{ answer: 1 }])
})

test('a busy port is named, with what to do, and nothing is made', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  await expect(start({ port })).rejects.toThrow(
    `Port ${port}, wanted for PostgreSQL, is in use by another program. Choose another port.`,
  )
  other.close()
})

/** A program of its own that starts the server and stays. */
async function startElsewhere(port: number) {
  const program = join(folder, 'program.mts')
  const module = fileURLToPath(new URL('./server.ts', import.meta.url))
  const options = { dataDir: join(folder, 'pg'), adminPassword: "it's: a/secret@word", port, durable: true }
  await writeFile(
    program,
    `import { startPostgres } from ${JSON.stringify(module)}
     const server = await startPostgres(${JSON.stringify(options)})
     console.log(server.home)
     setInterval(() => {}, 1000)`,
  )
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [home] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const pid = Number((await readFile(join(home, 'postmaster.pid'), 'utf8')).split('\n')[0])
  return { child, pid, home }
}

test('when the program that started it is killed, the server shuts down in order by itself', async () => {
  const { child, pid, home } = await startElsewhere(0)
  child.kill('SIGKILL')
  expect(await waitForEnd(pid, 20_000)).toBe(true)
  expect(existsSync(join(home, 'postmaster.pid'))).toBe(false)
})

test('a server that nobody stopped is stopped, and the port it holds is used again', async () => {
  const port = await freePort()
  const { child, pid, home } = await startElsewhere(port)
  const adminUrl = `postgres://postgres:${encodeURIComponent("it's: a/secret@word")}@127.0.0.1:${port}/postgres`
  await ask({ adminUrl }, "create table kept as select 'yes' as answer")
  endWatchOf(pid)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isAlive(pid)).toBe(true)
  const next = await start({ port })
  expect([next.home, next.port]).toEqual([home, port])
  expect(told).toEqual([`Stopping a PostgreSQL (process ${pid}) that an earlier run left behind`])
  expect(await ask(next, 'select answer from kept')).toEqual([{ answer: 'yes' }])
})

/** Kills the small shell that would stop the server, with its group. */
function endWatchOf(server: number): void {
  for (let pid = server + 1; pid < server + 200; pid++)
    if (/kill -INT "\$0"; +(\d+)$/.exec(commandLine(pid) ?? '')?.[1] === String(server))
      return void process.kill(-pid, 'SIGKILL')
  throw new Error(`Nobody watches over ${server}.`)
}
