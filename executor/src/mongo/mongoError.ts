import { MongoBulkWriteError, MongoNetworkError, MongoServerError } from 'mongodb'
import { ShellError } from '@sre-portal/analysis/mongo/shellError'
import { plainError } from '@sre-portal/analysis/plainError'
import type { ExecutionError } from '@sre-portal/contracts'
import { ConnectionLost } from '../postgres/databaseError.ts'
import { cutText } from '../results/statementHead.ts'
import { countsOf, type WriteCounts } from './performWrite.ts'
import { WriteErrorsAnswered } from './writeErrorsAnswered.ts'

const maxTextBytes = 8 * 1024
const maxShownErrors = 20
const maxToldErrors = 1000
const maxWriteErrorBytes = 500

/** One write of several that the server refused. */
export interface WriteFault {
  index: number
  code: number | null
  kind: string
  message: string
}

/** An error as a script's catch gets it: as the driver has it, with what a write of several did before. */
export interface MongoExecutionError extends ExecutionError {
  result?: WriteCounts
  writeErrors?: WriteFault[]
}

/** The server's own words; what is no answer of the server is a lost connection, whose message names no address. */
export function toMongoError(thrown: unknown): ExecutionError {
  const error = innermost(thrown)
  if (error instanceof ShellError) return plainError('REFUSED', cutText(error.message, maxTextBytes))
  if (error instanceof ConnectionLost) return plainError('CONNECTION_LOST', error.message)
  if (error instanceof WriteErrorsAnswered) return partlyDone(error.message, error.code, error)
  if (error instanceof MongoBulkWriteError)
    return partlyDone(error.message, codeOf(error), { counts: countsOf(error), faults: faultsOf(error) })
  if (error instanceof MongoServerError)
    return plainError(codeOf(error), cutText(error.message, maxTextBytes))
  if (isNetwork(error)) return plainError('CONNECTION_LOST', 'The connection to the database server broke.')
  return plainError('INVALID', cutText(error instanceof Error ? error.message : String(error), maxTextBytes))
}

/** The error with its parts, for a script. */
export function toScriptError(thrown: unknown): MongoExecutionError {
  const error = innermost(thrown)
  const told = toMongoError(error)
  if (!(error instanceof MongoBulkWriteError) && !(error instanceof WriteErrorsAnswered)) return told
  const counts = error instanceof WriteErrorsAnswered ? error.counts : countsOf(error)
  const faults = error instanceof WriteErrorsAnswered ? error.faults : faultsOf(error)
  return { ...told, result: counts, writeErrors: faults.slice(0, maxToldErrors) }
}

/** True when the server's answer never came, so that nobody knows what it did. */
export function isNetwork(thrown: unknown): boolean {
  const error = innermost(thrown)
  // By class too: what the driver's watch of the server interrupts has a name of another kind.
  if (error instanceof ConnectionLost || error instanceof MongoNetworkError) return true
  if (!(error instanceof Error) || error instanceof MongoServerError) return false
  return /^Mongo(ServerSelection|ServerClosed|TopologyClosed|PoolClosed|Expired|ClientClosed|OperationTimeout|NotConnected)/.test(
    error.name,
  )
}

/** The driver wraps whatever ends a write of several into an error that looks like an answer of the server. */
export const innermost = (error: unknown): unknown =>
  error instanceof MongoBulkWriteError && (error.errorResponse as unknown) instanceof Error
    ? error.errorResponse
    : error

/** The write errors of the driver, with what each of them wanted. */
export const faultsOf = (error: MongoBulkWriteError): WriteFault[] =>
  [error.writeErrors].flat().map(({ index, code, errmsg, err }) => ({
    index,
    code: code ?? null,
    kind: kindOf(err.op),
    message: cutText(errmsg ?? '', maxWriteErrorBytes),
  }))

function kindOf(op: unknown): string {
  if (typeof op !== 'object' || op === null) return 'write'
  if ('u' in op) return 'multi' in op && op.multi === true ? 'updateMany' : 'updateOne'
  if ('q' in op) return 'limit' in op && op.limit === 0 ? 'deleteMany' : 'deleteOne'
  return 'insertOne'
}

// The server names this code nowhere.
const duplicateKey = 11_000

function codeOf(error: MongoServerError): string {
  const name = error.codeName ?? (error.code === duplicateKey ? 'DuplicateKey' : error.name)
  return error.code === undefined ? name : `${name} (${error.code})`
}

function partlyDone(
  message: string,
  code: string,
  { counts, faults }: { counts: WriteCounts; faults: WriteFault[] },
): ExecutionError {
  const done = `Done all the same: ${counts.insertedCount} inserted, ${counts.matchedCount} matched, ${counts.modifiedCount} modified, ${counts.deletedCount} deleted, ${counts.upsertedCount} upserted.`
  const shown = faults
    .slice(0, maxShownErrors)
    .map(({ index, kind, message: words }) => `Write ${index} (${kind}): ${words}`)
  const more = faults.length > maxShownErrors ? [`... and ${faults.length - maxShownErrors} more.`] : []
  const detail = cutText([done, ...shown, ...more].join('\n'), maxTextBytes)
  return { ...plainError(code, cutText(message, maxTextBytes)), detail }
}
