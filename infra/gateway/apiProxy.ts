import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import { createProxyMiddleware } from 'http-proxy-middleware'
import type { Problem } from '@sre-portal/contracts'
import type { Log } from '@sre-portal/platform/log'
import { awaitFirstByte } from './firstByte.ts'

export interface Upstreams {
  commandServiceUrl: string
  queryServiceUrl: string
}

/** How long a service may take to begin its answer: the portal itself gives up after 30 s, and is to be told before. */
export const usualFirstByteMs = 20_000
/** Longest silence within an answer; live updates send something more often than that. */
const silenceMs = 120_000

/** Queries go to the query service, commands to the command service; everything else is passed on to the next handler. */
export function proxyApi(upstreams: Upstreams, log: Log, firstByteMs: number): RequestHandler {
  const commands = proxyTo(upstreams.commandServiceUrl, log, firstByteMs)
  const queries = proxyTo(upstreams.queryServiceUrl, log, firstByteMs)
  return (request, response, next) => {
    if (!/^\/api(\/|$)/.test(request.path)) return next()
    const reads = request.method === 'GET' || request.method === 'HEAD'
    return (reads ? queries : commands)(request, response, next)
  }
}

const proxyTo = (target: string, log: Log, firstByteMs: number) =>
  createProxyMiddleware<Request, Response>({
    target,
    proxyTimeout: silenceMs,
    on: {
      proxyReq: (outgoing, request, response) => {
        rewriteHeaders(outgoing, request)
        awaitFirstByte(outgoing, request, firstByteMs)
        // Who closes the page ends the upstream's answer too; without this its stream would stay open.
        response.once('close', () => outgoing.destroy())
      },
      error: (error, request, response) => {
        log.warn({ err: error, requestId: request.id }, `no answer from ${target}`)
        if (isResponse(response)) answerOutage(error, request, response)
        else response.destroy()
      },
    },
  })

/** RFC 9110, 7.6.1: these concern one connection only; those that `Connection` itself names come on top. */
const hopByHop = ['keep-alive', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'upgrade']
/** What frames or routes a request or says whose it is never goes away because `Connection` names it. */
const kept = new Set(['content-length', 'transfer-encoding', 'host', 'authorization', 'content-type'])
/** What a client says of itself here is not believed; we say what we saw. */
const claimed = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
]

function rewriteHeaders(outgoing: ClientRequest, request: Request): void {
  const named = (request.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  for (const name of [...hopByHop, ...claimed, ...named])
    if (name && name !== 'close' && !kept.has(name)) outgoing.removeHeader(name)
  outgoing.setHeader('Connection', 'close')
  outgoing.setHeader('X-Forwarded-For', request.ip ?? '')
  outgoing.setHeader('X-Forwarded-Proto', request.protocol)
  outgoing.setHeader('X-Forwarded-Host', request.headers.host ?? '')
  outgoing.setHeader('X-Request-Id', requestId(request))
}

const requestId = ({ id }: Request) => (typeof id === 'string' ? id : '')

const isResponse = (response: object): response is ServerResponse<IncomingMessage> => 'setHeader' in response

function answerOutage(error: Error, request: Request, response: ServerResponse): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const untouched =
    ['GET', 'HEAD'].includes(request.method) || ('code' in error && error.code === 'ECONNREFUSED')
  const problem: Problem = {
    type: 'about:blank',
    title: 'Temporarily unavailable',
    status: 503,
    code: 'unavailable',
    detail: untouched
      ? 'A part of the system does not answer; nothing was changed. Try again.'
      : 'The connection to a part of the system broke, so it is unknown whether this took effect. Look before you try again.',
    requestId: requestId(request),
  }
  response.statusCode = 503
  response.setHeader('Content-Type', 'application/problem+json; charset=utf-8')
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('Retry-After', '2')
  response.end(JSON.stringify(problem))
}
