import { killLater } from './killLater.mjs'
import type { Log } from './log.ts'
import { within } from './within.ts'

/** Work that was not waited for, in words. */
export interface Cut {
  cut: string
}

/** What ends with a service: closed in this order, each once. `close` may answer what it had to cut. */
export interface Closer {
  name: string
  close: () => Promise<Cut | void>
  /** Time of its own, for work that has to be told; without it at most half of what is left of the time that all share. */
  workMs?: number
}

const sharedMs = 8_000
/** The end of a process waits for its threads; one that does not heed that is killed. */
const lastMs = 2_000
/** npm and the terminal may both pass on one Ctrl-C. */
const sameCtrlCMs = 1_000

/** Ends a process in a bounded time once it is asked to. */
export interface Ending {
  /** From now on these are closed first; a process that is asked to stop before ends at once. */
  closes(closers: readonly Closer[]): void
}

/** Says goodbye with `code`, whatever its threads do. */
export function endProcess(code: number): never {
  killLater(lastMs)
  process.exit(code)
}

/**
 * Ends this process after SIGTERM, SIGINT or SIGHUP, or an error that nobody caught: with 0 when all was closed, with 1 when something was cut or
 * failed, and the last line says what. A second SIGINT cuts everything; a second SIGTERM, which the end of the parent sends, changes nothing.
 */
export function endWhenAsked(log: Log): Ending {
  let closers: readonly Closer[] | null = null
  let askedAt: number | null = null
  let open: readonly Closer[] = []

  const finish = (cut: readonly string[], code: number): never => {
    if (cut.length === 0) log.info('stopped')
    else log.warn({ cut }, `stopped without waiting for: ${cut.join(', ')}`)
    endProcess(cut.length === 0 ? code : 1)
  }
  const stop = async (code: number) => {
    if (!closers) {
      log.info('stopped before it had started')
      endProcess(code)
    }
    finish(await closeAll(closers, log, (left) => (open = left)), code)
  }
  const asked = (signal: NodeJS.Signals) => {
    if (askedAt === null) {
      askedAt = performance.now()
      log.info({ signal }, 'stopping')
      void stop(0)
    } else if (signal === 'SIGINT' && performance.now() - askedAt > sameCtrlCMs) {
      finish(
        open.map(({ name }) => name),
        1,
      )
    }
  }
  const failed = (err: unknown) => {
    log.fatal({ err }, askedAt === null ? 'stopping after an uncaught error' : 'an error while stopping')
    if (askedAt !== null) return
    askedAt = performance.now()
    void stop(1)
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, asked)
  process.on('uncaughtException', failed)
  process.on('unhandledRejection', failed)
  return { closes: (all) => (closers = open = all) }
}

/** Answers what was not waited for. */
async function closeAll(
  closers: readonly Closer[],
  log: Log,
  note: (left: readonly Closer[]) => void,
): Promise<string[]> {
  const cut: string[] = []
  let leftMs = sharedMs
  for (const [index, { name, close, workMs }] of closers.entries()) {
    note(closers.slice(index))
    const startedAt = performance.now()
    const closing = close().catch((error: unknown) => {
      log.warn({ err: error }, `closing ${name} failed`)
    })
    const shareMs = index === closers.length - 1 ? leftMs : leftMs / 2
    const outcome = await within(workMs ?? shareMs, closing, () => ({ cut: name }))
    if (workMs === undefined) leftMs = Math.max(0, leftMs - (performance.now() - startedAt))
    if (outcome) cut.push(outcome.cut)
  }
  return cut
}
