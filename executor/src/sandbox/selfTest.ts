import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { plainError } from '@sre-portal/analysis/plainError'
import { defaultExecutionLimits } from '@sre-portal/contracts'
import type { RunReport } from '../runControl.ts'
import { makeOwnedFolder } from './ownedFolder.ts'
import type { Sandbox } from './sandbox.ts'
import type { ScriptDatabase } from './scriptDatabase.ts'
import { runScript } from './scriptRun.ts'

/** What the sandbox's test of itself found. */
export interface SelfTestReport {
  passed: boolean
  total: number
  failures: string[]
}

interface Place {
  directory: string
  canary: string
  port: number
}

/** A hostile script and what proves that it was contained; every script is also searched for the canary. */
interface Probe {
  name: string
  script: (place: Place) => string
  contained: (report: RunReport) => boolean
  /** For one that must be stopped: after how long. */
  wallMs?: number
}

const usualWallMs = 10_000
const returned = (report: RunReport): string => report.head.returned ?? ''
const refusedEverywhere = (report: RunReport) =>
  report.outcome.fate === 'executed' && returned(report) === '"refused"'
const failedWith =
  (...codes: string[]) =>
  (report: RunReport) =>
    report.head.error !== null && codes.includes(report.head.error.code ?? '')
const attempt = (code: string) => `try { ${code}; return 'done' } catch { return 'refused' }`

const probes: Probe[] = [
  {
    name: 'answers an ordinary script',
    script: () => `console.log('x'); return (await db.query('select 1', [])).rowCount`,
    contained: (report) => returned(report) === '1' && report.head.logs.length === 1,
  },
  {
    name: 'imports a file',
    script: ({ directory }) => attempt(`await import('file://${directory}/secret.js')`),
    contained: refusedEverywhere,
  },
  { name: 'imports node:fs', script: () => attempt(`await import('node:fs')`), contained: refusedEverywhere },
  {
    name: 'imports npm',
    script: () => attempt(`await import('npm:left-pad')`),
    contained: refusedEverywhere,
  },
  {
    name: 'imports a remote module',
    script: ({ port }) => attempt(`await import('http://127.0.0.1:${port}/x.js')`),
    contained: refusedEverywhere,
  },
  {
    name: 'reaches the network',
    script: ({ port }) => attempt(`await globalThis.fetch('http://127.0.0.1:${port}/')`),
    contained: refusedEverywhere,
  },
  {
    name: 'finds Deno, process or a worker',
    script: () =>
      `return [typeof Deno, typeof process, typeof Worker, typeof WebAssembly, typeof localStorage].join()`,
    contained: (report) => returned(report) === '"undefined,undefined,undefined,undefined,undefined"',
  },
  {
    name: 'fills buffers',
    script: () => `const kept = []; for (;;) kept.push(new Uint8Array(3e7).fill(1))`,
    contained: failedWith('RangeError', 'MEMORY_LIMIT', 'CPU_LIMIT', 'TIME_LIMIT'),
  },
  {
    name: 'never ends',
    script: () => `for (;;) {}`,
    contained: failedWith('TIME_LIMIT'),
    wallMs: 1000,
  },
  {
    name: 'returns hostile objects',
    script: () =>
      `Object.prototype.toJSON = () => { throw 1 }; const a = { get x() { throw 1 } }; a.a = a; return a`,
    contained: (report) =>
      report.outcome.fate === 'executed' && returned(report).includes('{"$placeholder":"circular"}'),
  },
  {
    name: 'floods its log',
    script: () => `for (let n = 0; n < 3000; n++) console.log('x'.repeat(1000)); return 'end'`,
    contained: (report) => report.head.logsCut && returned(report) === '"end"',
  },
  {
    name: 'throws nothing',
    script: () => `throw undefined`,
    contained: (report) => report.outcome.fate === 'failed',
  },
]

/** Runs a dozen hostile scripts and looks for their traces from outside. */
export async function runSelfTest(sandbox: Sandbox): Promise<SelfTestReport> {
  const canary = `canary-${randomBytes(8).toString('hex')}`
  const folder = makeOwnedFolder('self-test')
  const directory = join(folder, 'place')
  mkdirSync(directory)
  writeFileSync(join(directory, 'secret.js'), `export default '${canary}'`, { mode: 0o600 })
  let connections = 0
  const server = await listen(() => {
    connections += 1
  })
  const address = server.address()
  const place = { directory, canary, port: typeof address === 'object' && address ? address.port : 0 }
  try {
    const results = await inPairs(probes, (probe) => run(sandbox, probe, place))
    const failures = results.filter((failure) => failure !== null)
    if (connections > 0) failures.push('a script reached the network')
    if (readdirSync(directory).length !== 1) failures.push('a script wrote a file')
    return { passed: failures.length === 0, total: probes.length, failures }
  } finally {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function run(sandbox: Sandbox, probe: Probe, place: Place): Promise<string | null> {
  const stop = new AbortController()
  const wallMs = probe.wallMs ?? usualWallMs
  const timer = setTimeout(() => stop.abort('time'), wallMs)
  try {
    const job = {
      source: probe.script(place),
      params: {},
      limits: { ...defaultExecutionLimits, timeMs: wallMs },
    }
    const report = await runScript(job, sandbox.take(), answering(), stop.signal)
    if (JSON.stringify(report).includes(place.canary)) return `${probe.name}: it read a secret`
    return probe.contained(report) ? null : `${probe.name}: not contained`
  } catch (error) {
    return `${probe.name}: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    clearTimeout(timer)
  }
}

/** A database that answers one row to everything. */
const answering = (): ScriptDatabase => ({
  engine: 'postgresql',
  heads: [],
  notices: [],
  accept: () => () =>
    Promise.resolve(
      '{"rows":[["1"]],"columns":[{"name":"one","type":"int4"}],"delimiters":[","],"rowCount":1,"command":"SELECT"}',
    ),
  describe: (error) => plainError(null, String(error)),
  finish: () => Promise.resolve({ fate: 'executed' }),
  abandon: (error) => Promise.resolve({ fate: 'failed', error, effects: 'none' }),
})

/** Two at a time: a boot test must not take the whole machine. */
async function inPairs<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all([worker(), worker()])
  return results
}

function listen(onConnection: () => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      onConnection()
      socket.destroy()
    })
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
}
