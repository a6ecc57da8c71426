import closeWithGrace from 'close-with-grace'
import type { Log } from './log.ts'

/** Ends a service: closed in this order, each once. */
export type Closer = { name: string; close: () => Promise<unknown> }

/**
 * Runs a service until SIGTERM or SIGINT: `start` answers what to close, in order, within `graceMs`. A failed start says why in one
 * line and exits with 1; an error that nobody caught is logged and ends the process, so that a supervisor starts it anew.
 */
export async function runService(log: Log, start: () => Promise<Closer[]>, graceMs = 10_000): Promise<void> {
  let closers: Closer[]
  try {
    closers = await start()
  } catch (error) {
    log.fatal({ err: error }, `cannot start: ${(error as Error).message}`)
    process.exitCode = 1
    setTimeout(() => process.exit(1), 100).unref()
    return
  }
  closeWithGrace({ delay: graceMs, logger: false }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'stopping after an uncaught error')
    else log.info({ signal }, 'stopping')
    for (const { name, close } of closers)
      await close().catch((error: unknown) => log.warn({ err: error }, `closing ${name} failed`))
    log.info('stopped')
  })
}
