import { resultHeadSchema, type Cell, type resultQuerySchema, type ResultPage } from '@sre-portal/contracts'
import { DomainError } from '@sre-portal/domain'
import type { z } from 'zod'
import type { Asked } from '../http/asked.ts'
import { recordView } from './recordView.ts'
import { viewable } from './scope.ts'

/** GET /api/requests/:id/result. It is shown when it is what its event says, and it is recorded that somebody looked. */
export async function readResult(asked: Asked<z.output<typeof resultQuerySchema>>): Promise<ResultPage> {
  const { reader, id, query, services } = asked
  const { execution, id: requestId } = await viewable(services.readModel, reader, id)
  if (!execution?.resultId || !execution.resultSha256)
    throw new DomainError('not_found', 'There is no stored result of this request.')
  const { resultId, resultSha256 } = execution
  const result = { requestId, resultId, resultSha256 }
  const head = resultHeadSchema.parse(JSON.parse(await services.results.head(result)))
  if (query.statement > 0 && query.statement >= head.statements.length) {
    const message = `The result has ${head.statements.length} statements, counted from 0.`
    throw new DomainError('invalid', message, [{ path: 'statement', message }])
  }
  const { statement, offset, limit } = query
  const rows = await services.results.rows(result, statement, offset, limit)
  await recordView(asked, requestId, resultId)
  return {
    resultId,
    sha256: resultSha256,
    head,
    statement,
    offset,
    rows: rows.map((line) => JSON.parse(line) as Cell[]),
  }
}
