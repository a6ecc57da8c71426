import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import express, { type Express, type Request, type RequestHandler } from 'express'
import helmet from 'helmet'
import { pinoHttp } from 'pino-http'
import type { ApiRoute } from '@sre-portal/contracts'
import { DomainError } from '@sre-portal/domain'
import type { Log } from '../log.ts'
import { ensureBounded } from './bodyBounds.ts'
import { duplicateKey } from './duplicateKey.ts'
import { paceRefusals, type RefusalShare } from './refusalPace.ts'
import { stopping } from './listen.ts'
import { requestIdOf } from './requestId.ts'
import { answerProblems, answerUnknownRoute } from './problem.ts'
import { transportSecurity } from './transportSecurity.ts'

export interface AppOptions {
  log: Log
  trustedProxyHops: number
  /** Largest JSON body, in bytes, where `bodyBytes` says nothing else. */
  maxBodyBytes: number
  /** Routes that take more, or less, in bytes; the first that fits counts. */
  bodyBytes?: readonly RouteBodies[]
  /** Every route of the API, so that a known path with another method is 405. */
  routes?: readonly ApiRoute[]
  /** Who asks with a valid token; null is nobody, whose refusals count by address. Without it all are nobody. */
  personOf?: (request: Request) => string | null
  /** How refusals are told where there are many of them. */
  refusals?: RefusalShare
  /** Runs before any body is read: who may not speak at all must not make us listen. */
  beforeBodies?: RequestHandler[]
  /** Says whether the service can do its work; `reasons` name what is missing. */
  ready: () => Promise<Readiness>
}

/** `path` fits itself only, or with `below` also what stands below it. */
export interface RouteBodies {
  path: string
  below: boolean
  maxBytes: number
}

/** Answer of /readyz. `facts` are shown to operators as they are: no secret may be in them. */
export interface Readiness {
  ready: boolean
  reasons: string[]
  facts?: Record<string, unknown>
}

/**
 * An Express app with what every service has: request ids, access log, security headers, strict JSON bodies, /livez, /readyz,
 * `routes`, and problem+json for every error.
 */
export function createApp(options: AppOptions, routes: (app: Express) => void): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', options.trustedProxyHops)
  app.set('query parser', 'simple')
  app.use(pinoHttp({ logger: options.log, genReqId, ...quietLog }))
  app.use(
    transportSecurity,
    helmet({
      strictTransportSecurity: false,
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
    }),
  )
  app.use((request, response, next) => {
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('X-Request-Id', requestIdOf(request))
    next()
  })
  app.get('/livez', (_request, response) => void response.json({ live: true }))
  app.get('/readyz', async (_request, response) => {
    const readiness = await options.ready()
    response.status(readiness.ready ? 200 : 503).json(readiness)
  })
  const pace = paceRefusals(options.personOf, options.refusals)
  app.addListener(stopping, () => pace.letGo())
  app.use(pace.begin, pace.makeWait, refuseTrace, refuseForeignBodies)
  if (options.beforeBodies) app.use(...options.beforeBodies)
  app.use(jsonBodies(options))
  routes(app)
  app.use(answerUnknownRoute(options.routes ?? []))
  app.use(answerProblems(options.log))
  return app
}

const refuseTrace: RequestHandler = (request, _response, next) => {
  if (request.method === 'TRACE') throw new DomainError('method_not_allowed', 'TRACE is not allowed.')
  next()
}

const genReqId = (request: IncomingMessage): string => {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID()
}

// One line a request, without headers: they hold tokens.
const quietLog = {
  autoLogging: {
    ignore: (request: IncomingMessage) => /^\/(livez|readyz)/.test(request.url ?? ''),
  },
  serializers: {
    req: (request: { method: string; url: string; id: unknown }) => ({
      method: request.method,
      url: request.url.split('?')[0],
      id: request.id,
    }),
    res: (response: ServerResponse) => ({ statusCode: response.statusCode }),
  },
}

/** JSON within the bound of its route, judged before it is parsed. */
function jsonBodies({ maxBodyBytes, bodyBytes = [] }: AppOptions): RequestHandler {
  const usual = jsonUpTo(maxBodyBytes)
  const routes = bodyBytes.map((route) => ({ ...route, read: jsonUpTo(route.maxBytes) }))
  return (request, response, next) => {
    const path = withoutEndSlashes(request.path.toLowerCase())
    const route = routes.find((one) => path === one.path || (one.below && path.startsWith(`${one.path}/`)))
    const read = route?.read ?? usual
    read(request, response, next)
  }
}

function withoutEndSlashes(path: string): string {
  let end = path.length
  while (path[end - 1] === '/') end -= 1
  return path.slice(0, end)
}

const jsonUpTo = (limit: number) =>
  express.json({
    limit,
    strict: true,
    verify: (_request, _response, body) => {
      ensureBounded(body)
      const key = duplicateKey(body.toString())
      if (key !== null)
        throw new DomainError('invalid', `The body holds "${key.slice(0, 100)}" twice; nothing was changed.`)
    },
  })

// A form of another site can post text/plain or urlencoded bodies without asking first; only these two types are read.
const refuseForeignBodies: RequestHandler = (request, _response, next) => {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  if (hasBody && !request.is(['application/json', 'multipart/form-data']))
    throw new DomainError(
      'unsupported_media_type',
      'Send application/json (or multipart/form-data to upload a script).',
    )
  const [, charset] = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(request.headers['content-type'] ?? '') ?? []
  // What is looked for in the bytes of a text has to be looked for in the text that is read from them (RFC 8259, 8.1).
  if (hasBody && charset !== undefined && !/^utf-?8$/i.test(charset))
    throw new DomainError('unsupported_media_type', `JSON is UTF-8; ${charset.slice(0, 40)} is not read.`)
  next()
}
