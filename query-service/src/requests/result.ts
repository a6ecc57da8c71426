import { resultHeadSchema, type Cell, type resultQuerySchema, type ResultPage } from '@sre-portal/contracts'
import { DomainError } from '@sre-portal/domain'
import type { z } from 'zod'
import type { Asked } from '../http/asked.ts'
import { recordView } from './recordView.ts'
import { viewable } from './scope.ts'

/** GET /api/requests/:id/result. That somebody looked is recorded before anything is shown. */
export async function readResult(asked: Asked<z.output<typeof resultQuerySchema>>): Promise<ResultPage> {
  const { reader, id, query, services } = asked
  const { execution, id: requestId } = await viewable(services.readModel, reader, id)
  if (!execution?.resultId || !execution.resultSha256)
    throw new DomainError('not_found', 'There is no stored result of this request.')
  const { resultId, resultSha256 } = execution
  await recordView(asked, requestId, resultId)
  const [stored] = await services.readModel.query<{ head: string; sha256: string }>(
    'select head, sha256 from record.results where result_id = $1 and request_id = $2',
    [resultId, requestId],
  )
  if (!stored) throw new DomainError('not_found', 'The result is not stored any more.')
  if (stored.sha256 !== resultSha256)
    throw new Error(`The stored result ${resultId} has another SHA-256 than its event names.`)
  const head = resultHeadSchema.parse(JSON.parse(stored.head))
  if (query.statement > 0 && query.statement >= head.statements.length) {
    const message = `The result has ${head.statements.length} statements, counted from 0.`
    throw new DomainError('invalid', message, [{ path: 'statement', message }])
  }
  return {
    resultId,
    sha256: stored.sha256,
    head,
    statement: query.statement,
    offset: query.offset,
    rows: await rowsOf(asked, resultId),
  }
}

interface Chunk {
  first_row: number
  rows: string
}

async function rowsOf({ query, services }: Asked<z.output<typeof resultQuerySchema>>, resultId: string) {
  const { statement, offset, limit } = query
  const chunks = await services.readModel.query<Chunk>(
    `select first_row, rows from record.result_rows
     where result_id = $1 and statement = $2 and first_row < $3::bigint + $4 and first_row::bigint + row_count > $3
     order by first_row`,
    [resultId, statement, offset, limit],
  )
  return chunks.flatMap(({ first_row, rows }) =>
    rows
      .split('\n')
      .filter((line) => line !== '')
      .slice(Math.max(0, offset - first_row), Math.max(0, offset + limit - first_row))
      .map((line) => JSON.parse(line) as Cell[]),
  )
}
