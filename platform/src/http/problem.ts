import type { ErrorRequestHandler, Request, RequestHandler } from 'express'
import type { ApiRoute, ErrorCode, Fault, Problem } from '@sre-portal/contracts'
import { DomainError } from '@sre-portal/domain'
import { ZodError } from 'zod'
import { UnreadableEvent } from '../eventCodec.ts'
import type { Log } from '../log.ts'
import { isOutage } from '../outage.ts'
import { requestIdOf } from './requestId.ts'
import { tellRefusal } from './tellRefusal.ts'

const statusOf: Record<ErrorCode, number> = {
  invalid: 400,
  unauthenticated: 401,
  token_expired: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  unprocessable: 422,
  throttled: 429,
  internal: 500,
  unavailable: 503,
}

const titleOf: Record<ErrorCode, string> = {
  invalid: 'Invalid input',
  unauthenticated: 'Not signed in',
  token_expired: 'Access token expired',
  forbidden: 'Not allowed',
  not_found: 'Not found',
  method_not_allowed: 'Method not allowed',
  conflict: 'Conflict',
  too_large: 'Too large',
  unsupported_media_type: 'Unsupported media type',
  unprocessable: 'Cannot be processed',
  throttled: 'Too many attempts',
  internal: 'Internal error',
  unavailable: 'Temporarily unavailable',
}

/** The one place where errors become answers (RFC 9457). What is not a DomainError is logged whole and told in general words. */
export const answerProblems = (log: Log): ErrorRequestHandler => {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error)
    const known = asDomainError(error, ['GET', 'HEAD'].includes(request.method))
    if (known.code === 'internal') log.error({ err: error, requestId: request.id }, 'request failed')
    if (known.code === 'unavailable') {
      log.warn({ err: error, requestId: request.id }, 'request could not be served')
      response.setHeader('Retry-After', '2')
    }
    if (known.code === 'throttled' && retryAfterOf(known))
      response.setHeader('Retry-After', retryAfterOf(known))
    const status = statusOf[known.code]
    // What was refused unread is not read to its end for the sake of the connection.
    if (['throttled', 'too_large'].includes(known.code) && bodyOf(request) && !request.readableEnded)
      response.setHeader('Connection', 'close')
    const problem: Problem = {
      type: 'about:blank',
      title: titleOf[known.code],
      status,
      code: known.code,
      detail: known.message,
      requestId: requestIdOf(request),
      ...(known.faults.length > 0 && { faults: firstFaults(known.faults) }),
    }
    if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer')
    const body = JSON.stringify(problem)
    const send = () => void response.status(status).type('application/problem+json').send(body)
    if (status < 500) tellRefusal(response, send, known.code)
    else send()
  }
}

const bodyOf = ({ headers }: Request) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

const maxFaults = 20

const maxFaultCharacters = 1_000

function firstFaults(faults: readonly Fault[]): Fault[] {
  const first = faults.slice(0, maxFaults).map((fault) => ({
    ...fault,
    path: cut(fault.path),
    message: cut(fault.message),
  }))
  if (faults.length <= maxFaults) return first
  return [...first, { path: '', message: `And ${faults.length - maxFaults} more.` }]
}

// A fault may repeat what was sent, such as the name of a field that nobody knows.
const cut = (text: string) =>
  text.length <= maxFaultCharacters ? text : `${text.slice(0, maxFaultCharacters)}…`

/** Last route of an app: whatever no route took. A path that another method has is 405 and names those. */
export const answerUnknownRoute =
  (routes: readonly ApiRoute[]): RequestHandler =>
  (request, response) => {
    const allowed = routes.filter(({ path }) => matches(path, request.path)).map(({ method }) => method)
    if (allowed.length > 0 && !allowed.some((method) => method === request.method)) {
      const methods = [
        ...new Set(allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))),
      ]
      response.setHeader('Allow', methods.join(', '))
      throw new DomainError(
        'method_not_allowed',
        `${request.method} is not allowed at ${request.path}, but ${methods.join(', ')}.`,
      )
    }
    throw new DomainError('not_found', `There is no route ${request.method} ${request.path}.`)
  }

function matches(template: string, path: string): boolean {
  const [wanted, given] = [template.split('/'), path.replace(/\/$/, '').split('/')]
  return (
    wanted.length === given.length &&
    wanted.every((part, at) => part === given[at] || (part.startsWith('{') && given[at] !== ''))
  )
}

/** Too many attempts, and after how many seconds to come back. */
export class Throttled extends DomainError {
  readonly retryAfterSeconds: number

  constructor(
    retryAfterSeconds: number,
    message = `Too many attempts. Try again in ${retryAfterSeconds} s.`,
  ) {
    super('throttled', message)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

const retryAfterOf = (error: DomainError) =>
  error instanceof Throttled ? String(error.retryAfterSeconds) : ''

const unavailable = 'A part of the system does not answer; nothing was changed. Try again.'
// What was sent may have arrived although the answer to it never came.
const unknownEffect =
  'A part of the system does not answer, so it is unknown whether this took effect. Look before you try again.'

function asDomainError(error: unknown, isRead: boolean): DomainError {
  if (error instanceof DomainError) return error
  if (error instanceof ZodError)
    return new DomainError(
      'invalid',
      'The input is not valid; nothing was changed.',
      error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    )
  const { type, status } = error as { type?: string; status?: number }
  if (type === 'entity.parse.failed') return new DomainError('invalid', 'The body is not valid JSON.')
  if (type === 'entity.too.large')
    return new DomainError('too_large', 'The body is larger than this route accepts.')
  if (status === 415)
    return new DomainError('unsupported_media_type', 'The encoding of the body is not supported.')
  if (status === 400) return new DomainError('invalid', 'The request could not be read.')
  if (error instanceof UnreadableEvent)
    return new DomainError(
      'unavailable',
      `The history of ${error.stream} holds an event that this version cannot read, so nothing can be said or decided on it; nothing ` +
        'was changed. An administrator finds the event in the log of this service.',
    )
  if (isOutage(error)) return new DomainError('unavailable', isRead ? unavailable : unknownEffect)
  return new DomainError(
    'internal',
    'Something went wrong on our side. Name the request id when you report it.',
  )
}
