import type { Express, Request } from 'express'
import { apiRoutes } from '@sre-portal/contracts'
import type { EventStore } from '@sre-portal/platform/eventStore'
import { createApp, type Readiness } from '@sre-portal/platform/http/app'
import { gateEachPerson, whoAsksApi, type PersonShare } from '@sre-portal/platform/http/personGate'
import type { Log } from '@sre-portal/platform/log'
import { NoAnswerInTime } from '@sre-portal/platform/outage'
import type { Pool } from '@sre-portal/platform/postgres'
import { within } from '@sre-portal/platform/within'
import { serveDescription } from './api/serveDescription.ts'
import { answerQueries } from './http/answerQueries.ts'
import type { Services } from './http/asked.ts'
import { currentReader, tokenSubject } from './http/authenticate.ts'
import { openHub } from './live/hub.ts'
import { serveStream } from './live/stream.ts'
import { listenForProjected } from './projected.ts'
import { openReadModel } from './readModel.ts'
import { serveScriptApi } from './requests/scriptApi.ts'
import { StoredResults } from './requests/storedResult.ts'

export interface QueryServiceOptions {
  pool: Pool
  store: EventStore
  log: Log
  jwtSecret: string
  trustedProxyHops: number
  /** Whether the API's description is there for everybody, or for those who are signed in. */
  publicDescription?: boolean
  now?: () => Date
  /** Longest wait for `minPosition`. */
  waitMs?: number
  heartbeatMs?: number
  /** What one person may have under way. */
  share?: PersonShare
  /** How many events an open stream may be behind and still be told one by one. */
  replayLimit?: number
}

export interface QueryService {
  app: Express
  /** Ends the open streams and the listening. */
  close(): Promise<void>
}

const readinessMs = 1_000

/** The side that answers: read models, replayed histories, live updates, and the API's description. */
export function createQueryService(options: QueryServiceOptions): QueryService {
  const { pool, store, log, jwtSecret, trustedProxyHops } = options
  const {
    publicDescription = false,
    now = () => new Date(),
    waitMs = 500,
    heartbeatMs = 15_000,
    replayLimit = 2_000,
  } = options
  const readModel = openReadModel(pool)
  const projected = listenForProjected(pool, readModel, log)
  const hub = openHub({ readModel, projected, log, replayLimit })
  const services: Services = { readModel, store, results: new StoredResults(readModel), now }
  const ensureSignedIn = async (request: Request) => {
    await currentReader(readModel, tokenSubject(request, jwtSecret))
  }
  const app = createApp(
    {
      log,
      trustedProxyHops,
      maxBodyBytes: 1024,
      personOf: whoAsksApi(jwtSecret),
      beforeBodies: [gateEachPerson(jwtSecret, options.share)],
      routes: apiRoutes,
      ready: () => readiness(services),
    },
    (routes) => {
      serveDescription(routes, publicDescription ? () => undefined : ensureSignedIn)
      answerQueries(routes, { services, projected, jwtSecret, waitMs })
      serveScriptApi(routes, services, jwtSecret)
      serveStream(routes, { services, hub, jwtSecret, heartbeatMs })
    },
  )
  return {
    app,
    close: async () => {
      await hub.close()
      await projected.close()
    },
  }
}

async function readiness({ readModel, store }: Services): Promise<Readiness> {
  const reasons: string[] = []
  const readPosition = within(readinessMs, readModel.position(), () => {
    throw new NoAnswerInTime('PostgreSQL', readinessMs)
  }).catch((error: Error) => {
    reasons.push(`The read models cannot be read: ${error.message}`)
    return null
  })
  const [position, trouble] = await Promise.all([readPosition, store.trouble()])
  if (trouble !== null) reasons.push(trouble)
  return {
    ready: reasons.length === 0,
    reasons,
    facts: { position: position === null ? null : String(position) },
  }
}
