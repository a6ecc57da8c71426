import type { RequestHandler } from 'express'

const yearSeconds = 31_536_000

/** HSTS, but only on answers that go over HTTPS: said over plain HTTP it would be ignored, or lock out a machine that has no TLS. */
export const transportSecurity: RequestHandler = (request, response, next) => {
  if (request.secure)
    response.setHeader('Strict-Transport-Security', `max-age=${yearSeconds}; includeSubDomains`)
  next()
}
