import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { assertPortFree, freePort } from '../ports.ts'
import { serverAccount, type Account } from './account.ts'
import { findBinaries, ids } from './binaries.ts'
import { dataHome } from './home.ts'
import { initialise } from './initdb.ts'
import { stopLeftover } from './leftover.ts'
import { stopWithUs } from './watch.ts'

export interface PostgresOptions {
  /** Folder for this server alone. The caller makes sure that no other live program uses it. */
  dataDir: string
  adminPassword: string
  /** 0 takes any free port. */
  port: number
  /** False only for tests: a crash of the machine may then lose data. */
  durable: boolean
  onProgress?: (text: string) => void
  /** Each line of the server's log. */
  onLog?: (line: string) => void
  /** What to say when the port is taken. */
  portRemedy?: string
}

export interface RunningPostgres {
  adminUrl: string
  port: number
  /** Where the data really are. */
  home: string
  /** Settles when the server ends, whether asked to or not. */
  ended: Promise<void>
  /** Ends sessions and shuts down in order. */
  stop: () => Promise<void>
  /** Ends it at once; the next start recovers. */
  kill: () => void
}

const forTests = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=300']
const settings = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'timezone=UTC',
  'log_timezone=UTC',
  'lc_messages=C',
  // A wrong statement is its sender's matter and may hold what is nobody's business: it is answered, not logged.
  'log_min_messages=log',
  'log_min_error_statement=panic',
]
const stopMs = 30_000

/** Starts the embedded PostgreSQL on 127.0.0.1, making its database first if there is none. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { onProgress = () => {} } = options
  const account = serverAccount(options.dataDir)
  const binaries = await findBinaries(account)
  const home = await dataHome(options.dataDir, account)
  await stopLeftover(home, onProgress)
  const remedy = options.portRemedy ?? 'Choose another port.'
  if (options.port !== 0) await assertPortFree('PostgreSQL', options.port, remedy)
  const made = await initialise({ ...options, initdb: binaries.initdb, home, account })
  if (made === 'made') onProgress('Made a new PostgreSQL database')
  const { child, port } = await startListening(binaries.postgres, home, account, options)
  const ended = once(child, 'exit').then(() => {})
  stopWithUs(child)
  return {
    adminUrl: `postgres://postgres:${encodeURIComponent(options.adminPassword)}@127.0.0.1:${port}/postgres`,
    port,
    home,
    ended,
    stop: async () => {
      child.kill('SIGINT')
      const impatience = setTimeout(() => child.kill('SIGQUIT'), stopMs)
      await ended
      clearTimeout(impatience)
    },
    kill: () => void child.kill('SIGQUIT'),
  }
}

const attempts = 20

async function startListening(
  program: string,
  home: string,
  account: Account | null,
  options: PostgresOptions,
) {
  for (let attempt = 1; ; attempt++) {
    const port = options.port === 0 ? await freePort() : options.port
    const outcome = await launch(program, home, port, account, options)
    if ('child' in outcome) return { child: outcome.child, port }
    // Processes of a killed server take a moment to notice that it is gone; and a free port may be taken by another meanwhile.
    const passing = /shared memory block .* is still in use|Address already in use/.test(outcome.said)
    if (!passing || attempt === attempts) throw new Error(`PostgreSQL did not start. ${outcome.said.trim()}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

function launch(
  program: string,
  home: string,
  port: number,
  account: Account | null,
  options: PostgresOptions,
) {
  const chosen = [...settings, `port=${port}`, ...(options.durable ? [] : forTests)]
  return new Promise<{ child: ChildProcess } | { said: string }>((resolve, reject) => {
    const child = spawn(program, ['-D', home, ...chosen.flatMap((setting) => ['-c', setting])], {
      ...(account && ids(account)),
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'ignore', 'pipe'],
      // Ctrl-C in a terminal goes to the whole group: the server must stop last, when we say so.
      detached: true,
    })
    let said = ''
    createInterface({ input: child.stderr }).on('line', (line) => {
      said = `${said}${line}\n`.slice(-4000)
      options.onLog?.(line)
      if (line.includes('redo starts at')) options.onProgress?.('PostgreSQL recovers from an unclean end')
      if (/database system is ready to accept (read-only )?connections/.test(line)) resolve({ child })
    })
    child.once('error', reject)
    child.once('close', () => resolve({ said }))
  })
}
