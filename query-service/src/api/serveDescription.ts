import { readFileSync } from 'node:fs'
import type { Express, Request, RequestHandler } from 'express'
import { docsPage } from './docsPage.ts'
import { openApiDocument } from './openApi.ts'
import { otherQueryRoutes } from './queryRoutes.ts'

const pagePolicy =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The API's description, for programs and for people; made once, at start, and told to those whom `ensureAllowed` lets pass. */
export function serveDescription(
  app: Express,
  ensureAllowed: (request: Request) => Promise<void> | void,
): void {
  const document = openApiDocument()
  const page = docsPage(document)
  const style = readFileSync(new URL('docs.css', import.meta.url), 'utf8')
  const serve =
    (type: string, body: string): RequestHandler =>
    (_request, response) =>
      void response.set('Content-Security-Policy', pagePolicy).type(type).send(body)
  const guard: RequestHandler = async (request, _response, next) => {
    await ensureAllowed(request)
    next()
  }
  app.get(otherQueryRoutes.readOpenApi.path, guard, serve('application/json', JSON.stringify(document)))
  app.get(otherQueryRoutes.readDocs.path, guard, serve('text/html', page))
  app.get(otherQueryRoutes.readDocsStyle.path, serve('text/css', style))
}
