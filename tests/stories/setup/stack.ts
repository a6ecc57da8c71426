import { randomInt } from 'node:crypto'
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { repository } from '@sre-portal/infra/stack/settings.ts'
import { assertPortFree } from '@sre-portal/infra/ports.ts'
import { signal, waitForEnd } from '@sre-portal/infra/processes.ts'
import { processTree } from './processTree.ts'

/** A whole portal, started as a person starts it. */
export interface Stack {
  address: string
  /** Ctrl-C, and everything has ended in order; answers the exit code. */
  stop: () => Promise<number | null>
  /** `kill -9` of every process of it at once. */
  kill: () => Promise<void>
}

/** Installing and building on a slow machine are within it. */
const startLimitMs = 240_000
const stopLimitMs = 60_000
const stopWithParent = join(repository, 'infra', 'stack', 'stopWithParent.mjs')

const portNames = [
  'PORT',
  'COMMAND_SERVICE_PORT',
  'QUERY_SERVICE_PORT',
  'PROJECTOR_PORT',
  'EXECUTOR_PORT',
  'EVENTSTORE_PORT',
  'POSTGRES_PORT',
]
export type Ports = Record<string, string>

/** The same ports at each start, as a person has them. */
export async function choosePorts(): Promise<Ports> {
  const chosen: Ports = {}
  for (const name of portNames) chosen[name] = String(await lastingPort())
  return chosen
}

/** Below the ports that systems give to outgoing connections, so that it is still free when the stack comes back to it. */
async function lastingPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000)
    const free = await assertPortFree('a story', port, '').then(
      () => true,
      () => false,
    )
    if (free) return port
  }
}

/** Starts the portal, on any free ports unless they are given, and waits until it tells its address. */
export async function startStack(dataDir: string, ports: Ports = { PORT: '0' }): Promise<Stack> {
  const child = spawn(
    process.execPath,
    ['--import', stopWithParent, 'infra/start.mjs', '--data-dir', dataDir],
    {
      cwd: repository,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        NODE_ENV: 'production',
        LOG_LEVEL: 'warn',
        // All stories are a few people, who work faster than any.
        LIMIT_PENDING_REQUESTS: '1000',
        LIMIT_SUBMISSIONS_A_MINUTE: '1000',
        LIMIT_INSTANCE_TESTS_A_MINUTE: '1000',
        ...ports,
      },
      // A group of its own: Ctrl-C on the terminal ends the stories, and they end the stack. The channel ends it when they are killed.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  try {
    const address = await readAddress(child, ended)
    return {
      address,
      stop: () => stop(child, ended),
      kill: async () => {
        await killAll(child)
        await ended
      },
    }
  } catch (error) {
    await killAll(child)
    throw error
  }
}

function readAddress(child: ChildProcess, ended: Promise<unknown>): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = (why: string) => reject(new Error(`${why} It said:\n${said}`))
    const timer = setTimeout(() => fail('The portal took too long to start.'), startLimitMs)
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        said += stripVTControlCharacters(chunk.toString())
        const address = /^ {2}The portal is at {2}(\S+)$/m.exec(said)?.[1]
        if (!address) return
        clearTimeout(timer)
        resolve(address)
      })
    void ended.then(() => {
      clearTimeout(timer)
      fail('The portal ended before it had started.')
    })
  })
}

async function stop(child: ChildProcess, ended: Promise<number | null>): Promise<number | null> {
  child.kill('SIGINT')
  const limit = setTimeout(() => void killAll(child), stopLimitMs)
  const code = await ended
  clearTimeout(limit)
  return code
}

async function killAll(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return
  const pids = processTree(child.pid)
  for (const pid of pids) signal(pid, 'SIGKILL')
  await Promise.all(pids.map((pid) => waitForEnd(pid, stopLimitMs)))
}
