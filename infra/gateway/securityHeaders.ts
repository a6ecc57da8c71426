import type { RequestHandler } from 'express'
import helmet from 'helmet'

const yearSeconds = 31_536_000

/** Headers of every answer of the gateway itself; what a service sets on its own answers wins. */
export function securityHeaders(): RequestHandler[] {
  const always = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // Positioned menus and the editor set styles on elements.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        objectSrc: ["'none'"],
        requireTrustedTypesFor: ["'script'"],
      },
    },
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    frameguard: { action: 'deny' },
  })
  // Said over plain HTTP it would be ignored, or lock out a machine that has no TLS.
  const whenSecure: RequestHandler = (request, response, next) => {
    if (request.secure)
      response.setHeader('Strict-Transport-Security', `max-age=${yearSeconds}; includeSubDomains`)
    next()
  }
  return [always, whenSecure]
}
