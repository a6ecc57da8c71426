import { checkOperation, type Modifier, type Operation } from '@sre-portal/analysis/mongo/operations'
import { shellCall } from '@sre-portal/analysis/mongo/shellText'
import type { ExecutionError, ExecutionLimits, StatementHead } from '@sre-portal/contracts'
import type { RowSpool } from '../results/rowSpool.ts'
import { pendingHead } from '../results/statementHead.ts'
import type { RunControl, RunOutcome } from '../runControl.ts'
import type { CallFrame } from '../sandbox/frames.ts'
import type { ScriptDatabase } from '../sandbox/scriptDatabase.ts'
import type { MongoConnection } from './connection.ts'
import { failedWrite } from './failedWrite.ts'
import { toMongoError, toScriptError } from './mongoError.ts'
import { performIntoSpool } from './mongoRun.ts'
import { perform } from './perform.ts'
import { ScriptCursor } from './scriptCursor.ts'
import { fromScript, toScript } from './scriptValues.ts'

const maxAnswerLength = 4 * 1024 * 1024
const maxOpenCursors = 16
const nowhere = { start: 0, end: 0 }

/** What a script's MongoDB is made of. */
export interface MongoScriptOptions {
  connection: MongoConnection
  limits: ExecutionLimits
  spool: RowSpool
  control: RunControl
}

/** A call of a script as it came: its values as texts. */
interface Asked {
  collection: string | null
  method: string
  args: string
  modifiers: string
}

/** A call that was recorded. */
interface ScriptStatement {
  head: StatementHead
  operation: Operation
}

/** `db` of a MongoDB script: the same checked operations as in queries, their values as canonical Extended JSON. */
export class MongoScriptDatabase implements ScriptDatabase {
  readonly engine = 'mongodb'
  readonly heads: StatementHead[] = []
  readonly #options: MongoScriptOptions
  #wrote = false
  #lostWrite = false
  readonly #cursors = new Map<number, { cursor: ScriptCursor; statement: ScriptStatement }>()

  constructor(options: MongoScriptOptions) {
    this.#options = options
  }

  /** The driver brings none; what was left out of the run is told here. */
  get notices(): string[] {
    const { leftOut } = this.#options.spool.kept
    return leftOut === null ? [] : [leftOut]
  }

  accept({ t, fields }: CallFrame): (() => Promise<string>) | null {
    switch (t) {
      case 'mongo': {
        const asked = parseAsked(fields)
        return asked && (() => this.#answerWhole(asked))
      }
      case 'mongo-open': {
        const asked = parseAsked(fields)
        return asked && (() => this.#open(asked))
      }
      case 'mongo-next':
      case 'mongo-close': {
        const { cursor } = fields
        if (typeof cursor !== 'number') return null
        return t === 'mongo-next' ? () => this.#next(cursor) : () => this.#close(cursor)
      }
      default:
        return null
    }
  }

  describe(error: unknown): ExecutionError {
    return toScriptError(error)
  }

  finish(): Promise<RunOutcome> {
    return Promise.resolve(
      this.#lost('The connection broke while a statement was running.') ?? { fate: 'executed' },
    )
  }

  abandon(error: ExecutionError): Promise<RunOutcome> {
    const failed: RunOutcome = { fate: 'failed', error, effects: this.#wrote ? 'partial' : 'none' }
    return Promise.resolve(this.#lost(error.message) ?? failed)
  }

  #lost(message: string): RunOutcome | null {
    if (!this.#lostWrite) return null
    return {
      fate: 'unknown',
      reason: `What a statement of the script did is not known: ${message}`,
      transactionId: null,
    }
  }

  async #answerWhole(asked: Asked): Promise<string> {
    const statement = await this.#begin(asked)
    const { connection, spool, limits } = this.#options
    const answer: string[] = []
    let length = 0
    const take = (document: unknown): boolean => {
      const piece = toScript(document)
      length += piece.length
      if (length <= maxAnswerLength) answer.push(piece)
      return length <= maxAnswerLength
    }
    await this.#attempt(statement, () =>
      performIntoSpool(connection, statement.head, statement.operation, spool, limits.timeMs, take),
    )
    if (length > maxAnswerLength)
      throw new Error(
        'The documents take more than 4 MiB: read them one after the other (for await), or fewer of their fields.',
      )
    return JSON.stringify(`[${answer.join(',')}]`)
  }

  async #open(asked: Asked): Promise<string> {
    if (this.#cursors.size >= maxOpenCursors)
      throw new Error(
        `At most ${maxOpenCursors} cursors can be read at the same time: read one to its end first.`,
      )
    const statement = await this.#begin(asked)
    const { connection, spool, limits } = this.#options
    const { head, operation } = statement
    head.command = operation.method
    head.affectedRows = operation.kind === 'read' ? 0 : null
    const cursor = await this.#attempt(statement, async () => {
      const performed = await perform(connection, operation, limits.timeMs)
      return new ScriptCursor(
        head,
        spool,
        performed.kind === 'cursor' ? performed.cursor : only(performed.value),
      )
    })
    this.#cursors.set(head.ordinal, { cursor, statement })
    return this.#next(head.ordinal)
  }

  async #next(ordinal: number): Promise<string> {
    const open = this.#cursors.get(ordinal)
    if (!open) throw new Error('This cursor has ended.')
    try {
      const { documents, ended } = await this.#attempt(open.statement, () => open.cursor.next())
      open.statement.head.outcome = 'executed'
      if (ended) this.#cursors.delete(ordinal)
      return JSON.stringify({ documents: `[${documents.join(',')}]`, cursor: ended ? null : ordinal })
    } catch (error) {
      await this.#close(ordinal)
      throw error
    }
  }

  async #close(ordinal: number): Promise<string> {
    const open = this.#cursors.get(ordinal)
    this.#cursors.delete(ordinal)
    // Whatever becomes of it: the connection's end ends it too.
    await open?.cursor.close().catch(() => undefined)
    return 'null'
  }

  /** Checks a call and records it; from here on it is a statement of the script. */
  async #begin({ args, modifiers, collection, method }: Asked): Promise<ScriptStatement> {
    const parsed = { args: fromScript(args) as unknown[], modifiers: fromScript(modifiers) as Modifier[] }
    const { databaseName: database } = this.#options.connection.database
    const where = { place: nowhere, database, isOrderWritten: false }
    const operation = checkOperation({ collection, method, ...parsed }, where)
    const text = shellCall(collection, method, operation.args, operation.modifiers)
    const head = this.#record(text)
    const readOnly = operation.kind === 'read'
    await this.#options.control.beforeStatement({ ordinal: head.ordinal, text, parameters: null, readOnly })
    return { head, operation }
  }

  /** Sends what was recorded, and remembers what of it may have changed the data. */
  async #attempt<T>({ head, operation }: ScriptStatement, send: () => Promise<T>): Promise<T> {
    const writes = operation.kind === 'write'
    try {
      const sent = await send()
      if (writes) {
        this.#wrote = true
        this.#options.control.reached('after-write')
      }
      return sent
    } catch (error) {
      head.outcome = 'failed'
      head.error = this.#options.spool.kept.error(toMongoError(error))
      const { changed, affected } = failedWrite(operation, error)
      head.affectedRows = writes ? affected : 0
      if (changed === 'unanswered') this.#lostWrite = true
      else this.#wrote ||= changed !== 'nothing'
      throw error
    }
  }

  #record(text: string): StatementHead {
    const head = pendingHead(this.heads.length, {
      text: this.#options.spool.kept.text(text),
      offset: null,
    })
    this.heads.push(head)
    return head
  }
}

function parseAsked({ collection, method, args, modifiers }: Record<string, unknown>): Asked | null {
  if (collection !== null && typeof collection !== 'string') return null
  if (typeof method !== 'string' || typeof args !== 'string' || typeof modifiers !== 'string') return null
  return { collection, method, args, modifiers }
}

/** An answer that is no cursor, read like one. */
async function* only(value: unknown): AsyncGenerator {
  if (value !== undefined && value !== null) yield value
}
