import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'

/** A server that speaks MongoDB's protocol, for tests; `product` says which. */
export interface MongoServer {
  url: string
  product: 'mongodb' | 'ferretdb'
  stop(): Promise<void>
}

const ferretVersion = 'v1.24.2'
const ferretModule = 'github.com/FerretDB/FerretDB'
const cache = fileURLToPath(new URL('../../../.cache/ferretdb/', import.meta.url))
const startTimeoutMs = 20_000

/** Why the tests of MongoDB are skipped where no server can be had. */
export const howToGetOne =
  'No MongoDB server: set MONGODB_TEST_URL, or MONGOD_BINARY, or put mongod or ferretdb on the PATH, or install Go so that FerretDB can be built.'

/** Finds or starts a server, in the order of the documentation; null where there is none. */
export async function findMongoServer(): Promise<MongoServer | null> {
  const given = process.env['MONGODB_TEST_URL']
  if (given) return { url: given, product: await productOf(given), stop: () => Promise.resolve() }
  const mongod = process.env['MONGOD_BINARY'] ?? onPath('mongod')
  if (mongod)
    return start('mongodb', mongod, (port, data) => [
      '--port',
      String(port),
      '--dbpath',
      data,
      '--bind_ip',
      '127.0.0.1',
    ])
  const ferretdb = onPath('ferretdb') ?? buildFerret()
  if (ferretdb === null) return null
  return start('ferretdb', ferretdb, (port, data) => [
    '--handler=sqlite',
    `--sqlite-url=file:${data}/`,
    `--listen-addr=127.0.0.1:${port}`,
    `--state-dir=${data}`,
    '--debug-addr=-',
    '--telemetry=disable',
    '--log-level=error',
  ])
}

/**
 * Builds FerretDB once with Go; needs a minute or two the first time. Its sources lack a file that its release process writes, and without
 * it the program refuses to start: so a copy of them is built, with that file.
 */
function buildFerret(): string | null {
  const binary = join(cache, process.platform === 'win32' ? 'ferretdb.exe' : 'ferretdb')
  if (existsSync(binary)) return binary
  if (onPath('go') === null) return null
  const folder = mkdtempSync(join(tmpdir(), 'sre-portal-ferretdb-'))
  try {
    const downloaded = spawnSync('go', ['mod', 'download', '-json', `${ferretModule}@${ferretVersion}`], {
      encoding: 'utf8',
    })
    if (downloaded.status !== 0) return null
    const { Dir: sources } = JSON.parse(downloaded.stdout) as { Dir: string }
    copyWritable(sources, folder)
    writeFileSync(join(folder, 'build', 'version', 'version.txt'), ferretVersion)
    mkdirSync(cache, { recursive: true })
    const half = `${binary}.${process.pid}`
    const built = spawnSync('go', ['build', '-o', half, './cmd/ferretdb'], { cwd: folder, stdio: 'ignore' })
    if (built.status !== 0) return null
    renameSync(half, binary)
    return binary
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Go keeps sources read-only. */
function copyWritable(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) copyWritable(source, target)
    else if (entry.isFile()) writeFileSync(target, readFileSync(source))
  }
}

async function start(
  product: MongoServer['product'],
  binary: string,
  args: (port: number, data: string) => string[],
): Promise<MongoServer> {
  const data = mkdtempSync(join(tmpdir(), 'sre-portal-mongo-'))
  const port = await freePort()
  const child = spawn(binary, args(port, data), { stdio: 'ignore', cwd: data })
  const url = `mongodb://127.0.0.1:${port}/?directConnection=true`
  try {
    await untilAnswers(url, child)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return {
    url,
    product,
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
      rmSync(data, { recursive: true, force: true })
    },
  }
}

async function untilAnswers(url: string, child: ChildProcess): Promise<void> {
  for (const until = Date.now() + startTimeoutMs; Date.now() < until; await delay(50)) {
    if (child.exitCode !== null) throw new Error(`The MongoDB server ended with exit code ${child.exitCode}.`)
    const client = new MongoClient(url, { serverSelectionTimeoutMS: 500 })
    try {
      await client.db('admin').command({ ping: 1 })
      return
    } catch {
      continue
    } finally {
      await client.close()
    }
  }
  throw new Error('The MongoDB server did not answer in time.')
}

async function productOf(url: string): Promise<MongoServer['product']> {
  const client = new MongoClient(url)
  try {
    const info = await client.db('admin').command({ buildInfo: 1 })
    return 'ferretdb' in info || 'ferretdbVersion' in info ? 'ferretdb' : 'mongodb'
  } finally {
    await client.close()
  }
}

const onPath = (name: string): string | null =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path)) ?? null

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
