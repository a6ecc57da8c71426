import { endProcess, endWhenAsked, type Closer } from './ending.ts'
import type { Log } from './log.ts'

/**
 * Runs a service until it is asked to stop: `start` answers what to close then, in order. A failed start says why in one line and exits
 * with 1; an error that nobody caught is logged and ends the process, so that a supervisor starts it anew.
 */
export async function runService(log: Log, start: () => Promise<Closer[]>): Promise<void> {
  const ending = endWhenAsked(log)
  try {
    ending.closes(await start())
  } catch (error) {
    log.fatal({ err: error }, `cannot start: ${(error as Error).message}`)
    endProcess(1)
  }
}
