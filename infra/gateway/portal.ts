import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import express, { Router, type RequestHandler } from 'express'
import { DomainError } from '@sre-portal/domain'
import { styleNonceOf } from './securityHeaders.ts'

/** Stands in the built page where its nonce belongs. */
const noncePlaceholder = '__STYLE_NONCE__'

/** The built portal: hashed assets are kept for ever by browsers, the page itself is asked for anew each time. */
export function portal(folder: string): Router {
  const root = resolve(folder)
  const page = join(root, 'index.html')
  if (!existsSync(page))
    throw new Error(`The portal is not built: there is no ${page}. Run npm run build first.`)
  // Another nonce each time, so no earlier copy may be taken for it: there is no validator to compare.
  const sendPage: RequestHandler = async (_request, response) => {
    const html = await readFile(page, 'utf8')
    response.setHeader('Cache-Control', 'no-cache')
    response.type('html').end(html.replaceAll(noncePlaceholder, styleNonceOf(response)))
  }
  const router = Router()
  router.use((request, _response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new DomainError('method_not_allowed', `${request.method} is not allowed here.`)
    next()
  })
  router.get('/index.html', sendPage)
  router.use('/assets', express.static(join(root, 'assets'), { immutable: true, maxAge: '1y', index: false }))
  router.use(
    express.static(root, {
      index: false,
      redirect: false,
      setHeaders: (response) => void response.setHeader('Cache-Control', 'no-cache'),
    }),
  )
  router.use((request, _response, next) => {
    if (looksLikeFile(request.path)) throw new DomainError('not_found', `There is no file ${request.path}.`)
    next()
  }, sendPage)
  return router
}

/** The portal's own routes have no dots; a missing file must not be answered with the page. */
const looksLikeFile = (path: string) =>
  path.startsWith('/assets/') || path.includes('/.') || /\.[^/]*$/.test(path)
