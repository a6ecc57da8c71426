import type { Express } from 'express'
import { scriptApiDeclarations } from '@sre-portal/contracts/scriptApi'
import { otherQueryRoutes } from '../api/queryRoutes.ts'
import type { Services } from '../http/asked.ts'
import { currentReader, tokenSubject } from '../http/authenticate.ts'
import { readQuery } from '../http/queryParameters.ts'

/** GET /api/script-api */
export function serveScriptApi(app: Express, { readModel }: Services, jwtSecret: string): void {
  const { path, query } = otherQueryRoutes.readScriptApi
  app.get(path, async (request, response) => {
    const subject = tokenSubject(request, jwtSecret)
    const { engine } = readQuery(query, request)
    await currentReader(readModel, subject)
    response.type('text/plain').send(scriptApiDeclarations[engine])
  })
}
