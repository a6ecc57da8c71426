import type { IncomingMessage } from 'node:http'

/** The id under which a request is logged, answered in `X-Request-Id` and kept in events as correlation id. */
export function requestIdOf(request: IncomingMessage): string {
  if (typeof request.id !== 'string')
    throw new Error('The request has no id: it did not pass the access log.')
  return request.id
}
