import { randomUUID } from 'node:crypto'
import compression from 'compression'
import express, { type Express, type RequestHandler } from 'express'
import { DomainError } from '@sre-portal/domain'
import { stopping } from '@sre-portal/platform/http/listen'
import { answerProblems } from '@sre-portal/platform/http/problem'
import { paceRefusals } from '@sre-portal/platform/http/refusalPace'
import type { Log } from '@sre-portal/platform/log'
import { proxyApi, usualFirstByteMs, type Upstreams } from './apiProxy.ts'
import { boundRequestsAnAddress, usualRequestsAnAddress } from './perAddress.ts'
import { portal } from './portal.ts'
import { servicesReadiness } from './readiness.ts'
import { securityHeaders } from './securityHeaders.ts'

export interface GatewayOptions extends Upstreams {
  log: Log
  /** Folder of the built portal. */
  portalDir: string
  /** How many proxies in front are believed in what they say of the client. */
  trustedProxyHops: number
  /** How long a service may take to begin an answer. */
  firstByteMs?: number
  /** How many requests to the API one address may have under way. */
  requestsAnAddress?: number
}

/** One origin for the portal and the API. */
export function createGateway(options: GatewayOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', options.trustedProxyHops)
  app.set('query parser', false)
  app.use((request, _response, next) => {
    request.id = randomUUID()
    next()
  })
  app.use(securityHeaders())
  app.get('/livez', (_request, response) => void response.json({ live: true }))
  const readiness = servicesReadiness(options)
  app.get('/readyz', async (_request, response) => {
    const { ready, reasons } = await readiness()
    response.setHeader('Cache-Control', 'no-store')
    response.status(ready ? 200 : 503).json({ ready, reasons })
  })
  // Refusals of the services come at a pace. What the gateway itself refuses costs nothing before, so nobody waits for it.
  const pace = paceRefusals()
  app.addListener(stopping, () => pace.letGo())
  app.use(pace.begin, boundRequestsAnAddress(options.requestsAnAddress ?? usualRequestsAnAddress))
  app.use(refuseMethods, refuseClearText, refuseBodies)
  app.use(proxyApi(options, options.log, options.firstByteMs ?? usualFirstByteMs))
  // The portal's own files only: in what the API answers, a secret's length could be told from its compressed size.
  app.use(compression(), portal(options.portalDir))
  app.use(answerProblems(options.log))
  return app
}

const withoutBody = ['GET', 'HEAD', 'DELETE']

// Some servers read it as the beginning of the next request of the connection.
const refuseBodies: RequestHandler = (request, _response, next) => {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (withoutBody.includes(request.method) && (encoding !== undefined || Number(length ?? 0) > 0))
    throw new DomainError('invalid', `A ${request.method} request has no body; nothing was done.`)
  next()
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

const refuseMethods: RequestHandler = (request, response, next) => {
  if (!methods.includes(request.method)) {
    response.setHeader('Allow', methods.join(', '))
    throw new DomainError('method_not_allowed', `${request.method} is not allowed.`)
  }
  next()
}

// The trusted proxy doesn't say that the client spoke HTTPS with it: a redirect would come too late for its tokens.
const refuseClearText: RequestHandler = (request, _response, next) => {
  const proxied = request.app.get('trust proxy fn') as (address: string, hop: number) => boolean
  const believed = proxied(request.socket.remoteAddress ?? '', 0)
  if (believed && !request.secure && request.path.startsWith('/api'))
    throw new DomainError(
      'forbidden',
      'This API is served over HTTPS only; repeat the request there, with a new password or token.',
    )
  next()
}
