import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { ServiceName } from '@sre-portal/infra/roles.ts'
import { eventually } from '../event-store/support.ts'
import { migratedDatabase, type MigratedDatabase } from '../setup/postgres.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const journal = mkdtempSync(join(tmpdir(), 'journal-'))
let database: MigratedDatabase
let child: ChildProcess | null = null

beforeAll(async () => {
  database = await migratedDatabase()
})
afterEach(async () => {
  if (!child) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  expect((await ended)[0]).toBe(0)
  child = null
})
afterAll(async () => {
  await database.drop()
  rmSync(journal, { recursive: true, force: true })
})

interface Line {
  msg: string
  url?: string
}

function start(folder: string, role: ServiceName): Line[] {
  const lines: Line[] = []
  child = spawn(process.execPath, ['--import', 'tsx', `${folder}/src/main.ts`], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'test',
      PORT: '0',
      LOG_LEVEL: 'info',
      BCRYPT_COST: '4',
      POSTGRES_URL: database.urls[role],
      EVENTSTORE_URL: 'esdb://portal:of-portal@localhost:1?tlsCaFile=/nowhere/ca.pem',
      JWT_SECRET: randomBytes(32).toString('hex'),
      CREDENTIAL_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      EXECUTOR_JOURNAL_DIR: journal,
    },
  })
  if (child.stdout) createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line) as Line))
  return lines
}

test.each<[string, ServiceName]>([
  ['command-service', 'command'],
  ['query-service', 'query'],
  ['projector', 'projector'],
  ['executor', 'executor'],
])(
  '%s starts without its event store: it listens, and names the cause and the variable',
  async (folder, role) => {
    const cause =
      /EVENTSTORE_URL: the file that tlsCaFile names, \/nowhere\/ca\.pem, cannot be read \(ENOENT\)/
    const lines = start(folder, role)
    const urlOf = (line: Line) => line.url ?? /listening on (\S+)/.exec(line.msg)?.[1]
    await eventually(() => expect(lines.some(urlOf)).toBe(true))
    const url = lines.map(urlOf).find(Boolean) ?? ''
    await eventually(() => expect(lines.map(({ msg }) => msg).join('\n')).toMatch(cause))
    const answer = await fetch(`${url}/readyz`)
    const text = await answer.text()
    expect(answer.status).toBe(503)
    expect(text).toMatch(cause)
    expect(text + JSON.stringify(lines)).not.toContain('of-portal')
  },
)
