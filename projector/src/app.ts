import type { Express } from 'express'
import { createApp } from '@sre-portal/platform/http/app'
import type { Log } from '@sre-portal/platform/log'
import { headOf } from './batches.ts'
import { PoisonEvent } from './failures.ts'
import { project, type Projecting } from './project.ts'
import { rebuild } from './rebuild.ts'
import { ensureReadModels, readModelVersion } from './schema.ts'
import { newStatus, noteProgress, readinessOf, type Status } from './status.ts'
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
      await prepare(options, status)
      yield* project(options, signal)
    } finally {
      finished()
    }
  }

  const subscription = supervised(prepareAndProject, (error, delayMs) => {
    status.failure = error as Error
    log.warn({ err: error, delayMs }, 'the projection was interrupted and starts again')
  }).subscribe({
    next: (progress) => {
      noteProgress(status, progress)
      for (const [type, count] of progress.unknown)
        log.warn({ type, count }, 'events of an unknown type are in no read model')
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
      ready: async () => readinessOf(status, await headOf(options.store).catch(() => null)),
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

async function prepare(options: ProjectorOptions, status: Status): Promise<void> {
  const { version } = await ensureReadModels(options.pool)
  if (version === readModelVersion) return
  if (version > readModelVersion)
    throw new Error(
      `The read models are of version ${version}, newer than this program's ${readModelVersion}: run the newer program.`,
    )
  options.log.info({ from: version, to: readModelVersion }, 'rebuilding the read models for a new version')
  status.rebuilding = true
  try {
    await rebuild({ ...options, onProgress: ({ position }) => (status.position = position) })
  } finally {
    status.rebuilding = false
  }
}
