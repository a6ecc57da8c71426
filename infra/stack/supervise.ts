import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { stopWithUs } from '../postgres/watch.ts'

export interface ProcessSpec {
  name: string
  /** What is run; node itself when there is none. */
  program?: string
  args: string[]
  env: NodeJS.ProcessEnv
  cwd: string
}

export interface SupervisorEvents {
  onLine: (line: string) => void
  onStart: (pid: number) => void
  /** It ended without being asked to; it is started again after `restartInMs`. */
  onCrash: (how: string, restartInMs: number) => void
}

export interface Backoff {
  firstMs: number
  capMs: number
  /** Who ran that long is taken for healthy: the next crash counts as the first. */
  healthyAfterMs: number
}

export const usualBackoff: Backoff = { firstMs: 500, capMs: 30_000, healthyAfterMs: 60_000 }

/** How long what outlived us may take to stop: a service tells of its runs. */
const serviceGraceS = 65
const programGraceS = 10

export interface Supervised {
  name: string
  /** How often it has ended without being asked to. */
  crashes: () => number
  /** Asks it to stop, and kills it when it has not stopped in time. */
  stop: (graceMs: number) => Promise<void>
  kill: () => void
}

/** Keeps one process running: a crashed one is started again, each time after twice the pause, up to a cap. */
export function supervise(spec: ProcessSpec, events: SupervisorEvents, backoff = usualBackoff): Supervised {
  const stopping = new AbortController()
  let child: ChildProcess | undefined
  let crashes = 0

  const run = async () => {
    for (let failures = 1; !stopping.signal.aborted; failures++) {
      const startedAt = Date.now()
      child = launch(spec, events)
      const how = await endOf(child)
      child = undefined
      if (stopping.signal.aborted) return
      crashes++
      if (Date.now() - startedAt > backoff.healthyAfterMs) failures = 1
      const restartInMs = Math.min(backoff.firstMs * 2 ** (failures - 1), backoff.capMs)
      events.onCrash(how, restartInMs)
      await pause(restartInMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  const over = run()

  return {
    name: spec.name,
    crashes: () => crashes,
    stop: async (graceMs) => {
      stopping.abort()
      child?.kill('SIGTERM')
      const impatience = setTimeout(() => child?.kill('SIGKILL'), graceMs)
      await over
      clearTimeout(impatience)
    },
    kill: () => {
      stopping.abort()
      child?.kill('SIGKILL')
    },
  }
}

function launch(spec: ProcessSpec, events: SupervisorEvents): ChildProcess {
  const child = spawn(spec.program ?? process.execPath, spec.args, {
    cwd: spec.cwd,
    env: spec.env,
    // The channel's end tells a service that we are gone (stopWithParent.mjs).
    stdio: ['ignore', 'pipe', 'pipe', ...(spec.program === undefined ? (['ipc'] as const) : [])],
    // Ctrl-C in a terminal goes to the whole group; the order of stopping is ours.
    detached: true,
  })
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', events.onLine)
  if (child.pid === undefined) return child
  // A program is told by nobody else; a service is told by the channel too, unless it is so busy, or frozen, that it doesn't hear.
  stopWithUs(child, { by: 'TERM', killAfterS: spec.program === undefined ? serviceGraceS : programGraceS })
  events.onStart(child.pid)
  return child
}

async function endOf(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    return signal ? `was killed by ${signal}` : `ended with exit code ${code}`
  } catch (error) {
    return `could not be started: ${error instanceof Error ? error.message : String(error)}`
  }
}
