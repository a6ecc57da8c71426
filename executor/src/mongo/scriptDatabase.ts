import { BSON } from 'mongodb'
import type { ExecutionError, ExecutionLimits, StatementHead } from '@sre-portal/contracts'
import type { RowSpool } from '../results/rowSpool.ts'
import { cutText, pendingHead } from '../results/statementHead.ts'
import type { RunControl, RunOutcome } from '../runControl.ts'
import type { CallFrame } from '../sandbox/frames.ts'
import type { ScriptDatabase } from '../sandbox/scriptDatabase.ts'
import type { MongoConnection } from './connection.ts'
import { toText } from './documentRows.ts'
import { isNetwork, toMongoError } from './mongoError.ts'
import { performIntoSpool } from './mongoRun.ts'
import { checkOperation, type Modifier, type Operation } from './operations.ts'

const maxAnswerLength = 4 * 1024 * 1024
const maxTextBytes = 8 * 1024
const maxRecordLength = 4 * 1024 * 1024
const briefBytes = 256
const nowhere = { start: 0, end: 0 }

/** What a script's MongoDB is made of. */
export interface MongoScriptOptions {
  connection: MongoConnection
  limits: ExecutionLimits
  spool: RowSpool
  control: RunControl
}

/** `db` of a MongoDB script: the same checked operations as in queries, their values as canonical Extended JSON. */
export class MongoScriptDatabase implements ScriptDatabase {
  readonly engine = 'mongodb'
  readonly heads: StatementHead[] = []
  readonly notices: string[] = []
  readonly #options: MongoScriptOptions
  #wrote = false
  #lostWrite = false
  #recordLength = 0

  constructor(options: MongoScriptOptions) {
    this.#options = options
  }

  accept({ t, fields }: CallFrame): (() => Promise<string>) | null {
    if (t !== 'mongo') return null
    const { collection, method, args, modifiers } = fields
    if (collection !== null && typeof collection !== 'string') return null
    if (typeof method !== 'string' || typeof args !== 'string' || typeof modifiers !== 'string') return null
    return () => this.#perform(collection, method, args, modifiers)
  }

  describe(error: unknown): ExecutionError {
    return toMongoError(error)
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
      reason: `The answer to a statement of the script never came: ${message}`,
      transactionId: null,
    }
  }

  async #perform(
    collection: string | null,
    method: string,
    args: string,
    modifiers: string,
  ): Promise<string> {
    const parsed = { args: fromText(args) as unknown[], modifiers: fromText(modifiers) as Modifier[] }
    const operation = checkOperation({ collection, method, ...parsed }, nowhere)
    const head = this.#record(operation, args)
    const text = shellText(operation, args)
    await this.#options.control.beforeStatement({ ordinal: head.ordinal, text, parameters: null })
    const { connection, spool, limits } = this.#options
    const answer: string[] = []
    let length = 0
    const take = (document: unknown): boolean => {
      const piece = toText(document)
      length += piece.length
      if (length <= maxAnswerLength) answer.push(piece)
      return length <= maxAnswerLength
    }
    const writes = operation.kind === 'write'
    try {
      await performIntoSpool(connection, head, operation, spool, limits.timeMs, take)
      if (writes) {
        this.#wrote = true
        this.#options.control.reached('after-write')
      }
    } catch (error) {
      head.outcome = 'failed'
      head.error = toMongoError(error)
      if (writes && isNetwork(error)) this.#lostWrite = true
      else if (writes) this.#wrote = true
      throw error
    }
    if (length > maxAnswerLength) throw new Error('The documents take more than 4 MiB: read them in parts.')
    return JSON.stringify(`[${answer.join(',')}]`)
  }

  #record(operation: Operation, args: string): StatementHead {
    const most = this.#recordLength > maxRecordLength ? briefBytes : maxTextBytes
    const head = pendingHead(this.heads.length, {
      text: cutText(shellText(operation, args), most),
      offset: null,
    })
    this.#recordLength += head.text.length
    this.heads.push(head)
    return head
  }
}

/** The call as it would be written in the shell, so that reviewers and recovery read it like a query. */
function shellText({ collection, method, modifiers }: Operation, args: string): string {
  const owner = collection === null ? 'db' : `db.getCollection(${JSON.stringify(collection)})`
  const chain = modifiers.map(({ name, args: values }) => `.${name}(${toText(values).slice(1, -1)})`).join('')
  return `${owner}.${method}(${args.slice(1, -1)})${chain}`
}

const fromText = (text: string): unknown => BSON.EJSON.parse(text, { relaxed: false })
