import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { RequestHandler } from 'express'
import helmet from 'helmet'
import { transportSecurity } from '@sre-portal/platform/http/transportSecurity'

/** Headers of every answer of the gateway itself; what a service sets on its own answers wins. */
export function securityHeaders(): RequestHandler[] {
  const always = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // The editor and scrolling menus write a style sheet into the page: with the page's nonce, and nobody else without it.
        styleSrc: ["'self'", (_request, response) => `'nonce-${styleNonceOf(response)}'`],
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
  return [nameNonce, always, transportSecurity]
}

const nonces = new WeakMap<ServerResponse, string>()

const nameNonce: RequestHandler = (_request, response, next) => {
  nonces.set(response, randomBytes(16).toString('base64url'))
  next()
}

/** What this answer's policy lets a style sheet in by that code writes into the page. */
export function styleNonceOf(response: ServerResponse): string {
  const nonce = nonces.get(response)
  if (nonce === undefined) throw new Error('The answer has no nonce: it did not pass the security headers.')
  return nonce
}
