import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { ResultHead } from '@sre-portal/contracts'
import { DomainError } from '@sre-portal/domain'
import type { ReadModel } from '../readModel.ts'

/** A result as its event names it. */
export interface NamedResult {
  requestId: string
  resultId: string
  resultSha256: string
}

interface KnownChunk {
  statement: number
  firstRow: number
  lines: number
  digest: string
}

/** What was read when a result had the SHA-256 of its event; a page is compared with it. */
interface Verified {
  sha256: string
  headDigest: string
  chunks: KnownChunk[]
}

interface Chunk {
  statement: number
  firstRow: number
  rows: string
}

const chunksAtOnce = 8
const mostKnownChunks = 50_000

/**
 * Stored results, none of which is shown unless it is what its event says: the first time, all of it is read and hashed as the executor
 * did; later, each head and each chunk of rows has to be the one that was read then.
 */
export class StoredResults {
  readonly #readModel: ReadModel
  readonly #verified = new Map<string, Promise<Verified>>()
  #knownChunks = 0

  constructor(readModel: ReadModel) {
    this.#readModel = readModel
  }

  /** The head as JSON. @throws DomainError where nothing is stored, or something else than the event says */
  async head(result: NamedResult): Promise<string> {
    const { headDigest } = await this.#verify(result)
    const head = await this.#storedHead(result)
    if (digestOf(head) !== headDigest) this.#refuse(result)
    return head
  }

  /** Rows of a statement as JSON, from `offset` on. @throws DomainError where they are not what the event says */
  async rows(result: NamedResult, statement: number, offset: number, limit: number): Promise<string[]> {
    const { chunks } = await this.#verify(result)
    const asked = chunks.filter(
      (chunk) =>
        chunk.statement === statement &&
        chunk.firstRow < offset + limit &&
        chunk.firstRow + chunk.lines > offset,
    )
    const stored = await this.#readModel.query<Chunk>(
      `select statement, first_row as "firstRow", rows from record.result_rows
       where result_id = $1 and statement = $2 and first_row = any($3::int[]) order by first_row`,
      [result.resultId, statement, asked.map(({ firstRow }) => firstRow)],
    )
    if (stored.length !== asked.length) this.#refuse(result)
    return stored.flatMap(({ firstRow, rows }, at) => {
      if (digestOf(rows) !== asked[at]?.digest) this.#refuse(result)
      return linesOf(rows).slice(Math.max(0, offset - firstRow), Math.max(0, offset + limit - firstRow))
    })
  }

  async #verify(result: NamedResult): Promise<Verified> {
    const { resultId, resultSha256 } = result
    const known = this.#verified.get(resultId)
    const verifying = known ?? this.#readWhole(result)
    if (!known) {
      this.#verified.set(resultId, verifying)
      verifying.then(
        ({ chunks }) => this.#bound(chunks.length),
        () => this.#verified.delete(resultId),
      )
    }
    const verified = await verifying
    if (verified.sha256 !== resultSha256) this.#refuse(result)
    return verified
  }

  async #readWhole(result: NamedResult): Promise<Verified> {
    const head = await this.#storedHead(result)
    const hash = createHash('sha256')
    const chunks: KnownChunk[] = []
    for await (const { statement, firstRow, rows } of this.#allChunks(result.resultId)) {
      hash.update(rows)
      if (!rows.endsWith('\n')) hash.update('\n')
      const before = chunks.at(-1)
      const next = before?.statement === statement ? before.firstRow + before.lines : 0
      if (firstRow !== next) this.#refuse(result)
      chunks.push({ statement, firstRow, lines: linesOf(rows).length, digest: digestOf(rows) })
      await setImmediate()
    }
    const sha256 = hash.update(head).update('\n').digest('hex')
    if (sha256 !== result.resultSha256 || lacksRows(head, chunks)) this.#refuse(result)
    return { sha256, headDigest: digestOf(head), chunks }
  }

  async *#allChunks(resultId: string): AsyncGenerator<Chunk> {
    let after: [statement: number, firstRow: number] = [-1, -1]
    for (;;) {
      const chunks = await this.#readModel.query<Chunk>(
        `select statement, first_row as "firstRow", rows from record.result_rows
         where result_id = $1 and (statement, first_row) > ($2::int, $3::int) order by statement, first_row limit ${chunksAtOnce}`,
        [resultId, ...after],
      )
      yield* chunks
      const last = chunks.at(-1)
      if (!last || chunks.length < chunksAtOnce) return
      after = [last.statement, last.firstRow]
    }
  }

  async #storedHead(result: NamedResult): Promise<string> {
    const [stored] = await this.#readModel.query<{ head: string; sha256: string }>(
      'select head, sha256 from record.results where result_id = $1 and request_id = $2',
      [result.resultId, result.requestId],
    )
    if (!stored) throw new DomainError('not_found', 'The result is not stored any more.')
    if (stored.sha256 !== result.resultSha256) this.#refuse(result)
    return stored.head
  }

  /** Forgets all when too much is known: it is read again when somebody asks. */
  #bound(added: number): void {
    this.#knownChunks += added + 1
    if (this.#knownChunks <= mostKnownChunks) return
    this.#verified.clear()
    this.#knownChunks = 0
  }

  #refuse({ resultId, resultSha256 }: NamedResult): never {
    this.#verified.delete(resultId)
    throw new DomainError(
      'internal',
      `The stored result ${resultId} is not what its event says (SHA-256 ${resultSha256}); it is not shown. Somebody or something has changed it.`,
    )
  }
}

/** The SHA-256 holds the order of all rows and the head; how many are of which statement the head tells. */
function lacksRows(head: string, chunks: readonly KnownChunk[]): boolean {
  const lines = new Map<number, number>()
  for (const chunk of chunks) lines.set(chunk.statement, chunk.firstRow + chunk.lines)
  const { statements } = JSON.parse(head) as ResultHead
  return statements.some(({ ordinal, storedRows }) => (lines.get(ordinal) ?? 0) < storedRows)
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('base64')

const linesOf = (rows: string) => rows.split('\n').filter((line) => line !== '')
