import type { Express } from 'express'
import type { EventStore } from '@sre-portal/platform/eventStore'
import { createApp, type Readiness } from '@sre-portal/platform/http/app'
import type { Log } from '@sre-portal/platform/log'
import { within } from '@sre-portal/platform/within'
import { endsOf } from './batches.ts'
import { differencesInWords, isWhatEventsSay } from './differencesInWords.ts'
import { PoisonEvent } from './failures.ts'
import { reportInterruptions } from './interruptions.ts'
import { project, type Projecting } from './project.ts'
import { rebuild } from './rebuild.ts'
import { ensureReadModels, readModelVersion } from './schema.ts'
import { ignoredInWords, newStatus, noteProgress, readinessOf, type Status } from './status.ts'
import { supervised } from './supervise.ts'

export interface ProjectorOptions extends Projecting {
  log: Log
  trustedProxyHops: number
}

/** A projector at work. */
export interface Projector {
  app: Express
  status: Status
  /** Ends after the transaction that is under way. */
  stop(): Promise<void>
}

/** Makes or rebuilds the read models if need be, then follows the log. The app answers from the beginning. */
export function startProjector(options: ProjectorOptions): Projector {
  const { log } = options
  const status = newStatus()
  let ended = Promise.resolve()

  async function* prepareAndProject(signal: AbortSignal) {
    let finished = () => {}
    ended = new Promise((resolve) => (finished = resolve))
    try {
      await prepare(options, status, signal)
      yield* project(options, signal)
    } finally {
      finished()
    }
  }

  const warn = reportInterruptions(log)
  const subscription = supervised(
    prepareAndProject,
    ({ events }) => events > 0,
    (error, delayMs) => {
      status.failure = error as Error
      warn(error as Error, delayMs)
    },
  ).subscribe({
    next: (progress) => {
      noteProgress(status, progress)
      if (progress.ignored && progress.ignored.latest.length > 0)
        log.warn({ ignored: progress.ignored }, ignoredInWords(progress.ignored))
    },
    error: (error: Error) => {
      status.failure = error
      if (error instanceof PoisonEvent) log.fatal({ err: error }, error.message)
    },
  })

  const app = createApp(
    {
      log,
      trustedProxyHops: options.trustedProxyHops,
      maxBodyBytes: 1024,
      ready: () => readiness(options.store, status),
    },
    () => {},
  )
  return {
    app,
    status,
    stop: async () => {
      subscription.unsubscribe()
      await ended
    },
  }
}

const readinessMs = 1_000

async function readiness(store: EventStore, status: Status): Promise<Readiness> {
  // The position first: read after the log's end, it could seem to be beyond it.
  const known = status.position ?? 0n
  const seen = { ...status }
  const [trouble, ends] = await Promise.all([
    store.trouble(),
    within(
      readinessMs,
      Promise.resolve()
        .then(() => endsOf(store, known))
        .catch(() => null),
      () => null,
    ),
  ])
  return readinessOf(seen, { trouble, ends })
}

async function prepare(options: ProjectorOptions, status: Status, signal: AbortSignal): Promise<void> {
  const { version } = await ensureReadModels(options.pool)
  if (version === readModelVersion) return
  if (version > readModelVersion)
    throw new Error(
      `The read models are of version ${version}, newer than this program's ${readModelVersion}: run the newer program.`,
    )
  options.log.info({ from: version, to: readModelVersion }, 'rebuilding the read models for a new version')
  status.rebuilding = true
  try {
    const { auditDifferences } = await rebuild({
      ...options,
      signal,
      onProgress: ({ position }) => (status.position = position),
    })
    const level = isWhatEventsSay(auditDifferences) ? 'info' : 'error'
    options.log[level]({ auditDifferences }, differencesInWords(auditDifferences))
  } finally {
    status.rebuilding = false
  }
}
