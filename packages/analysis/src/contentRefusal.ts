import type { Engine, ExecutionError, RequestKind } from '@sre-portal/contracts'
import { plainError } from './plainError.ts'
import { refusalOf } from './sql/refusal.ts'
import { parseMongo, parseScript, parseSql } from './textAnalysis.ts'

/** A request's text, and what it is meant for. */
export interface Content {
  engine: Engine
  kind: RequestKind
  content: string
  /** The database that it is about. */
  database?: string
}

/** Why this text would not be run, by what can be read from it alone; null when nothing is known against it. The executor asks the same questions. */
export async function contentRefusal({
  engine,
  kind,
  content,
  database,
}: Content): Promise<ExecutionError | null> {
  if (kind === 'script') return errorOf(await parseScript(content, engine))
  if (engine === 'postgresql') return refusalOf(content, await parseSql(content))?.error ?? null
  const parsed = await parseMongo(content, database)
  if ('statements' in parsed && parsed.statements.length === 0)
    return plainError('EMPTY', 'There is no operation in this query.')
  return errorOf(parsed)
}

const errorOf = (parsed: object & { error?: ExecutionError }): ExecutionError | null => parsed.error ?? null
