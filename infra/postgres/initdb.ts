import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Account } from './account.ts'
import { ids } from './binaries.ts'

/** Makes the database cluster unless it is there. It appears in one step, so that a killed attempt leaves no half one. */
export async function initialise(options: {
  initdb: string
  home: string
  account: Account | null
  adminPassword: string
  durable: boolean
}): Promise<'made' | 'found'> {
  const { home, account } = options
  if (existsSync(join(home, 'PG_VERSION'))) return 'found'
  const half = `${home}.new`
  const passwordFile = `${home}.password`
  await rm(half, { recursive: true, force: true })
  await mkdir(half, { mode: 0o700 })
  await writeFile(passwordFile, options.adminPassword, { mode: 0o600 })
  if (account) await Promise.all([half, passwordFile].map((path) => chown(path, account.uid, account.gid)))
  try {
    await run(
      options.initdb,
      [
        `--pgdata=${half}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-instructions',
        ...(options.durable ? [] : ['--no-sync']),
      ],
      account,
    )
  } finally {
    await rm(passwordFile, { force: true })
  }
  await rename(half, home)
  return 'made'
}

function run(program: string, args: string[], account: Account | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...(account && ids(account)),
      cwd: dirname(program),
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`PostgreSQL could not make its database. ${said.trim()}`)),
    )
  })
}
