import { MongoBulkWriteError, MongoServerError, MongoWriteConcernError } from 'mongodb'
import { ShellError } from '@sre-portal/analysis/mongo/shellError'
import { plainError } from '@sre-portal/analysis/plainError'
import type { ExecutionError } from '@sre-portal/contracts'
import { ConnectionLost } from '../postgres/databaseError.ts'

// The server names this code nowhere.
const duplicateKey = 11_000

/** The server's own words; what is no answer of the server is a lost connection, whose message names no address. */
export function toMongoError(error: unknown): ExecutionError {
  if (error instanceof ShellError) return plainError('REFUSED', error.message)
  if (error instanceof ConnectionLost) return plainError('CONNECTION_LOST', error.message)
  if (!(error instanceof MongoServerError)) {
    return isNetwork(error)
      ? plainError('CONNECTION_LOST', 'The connection to the database server broke.')
      : plainError('INVALID', error instanceof Error ? error.message : String(error))
  }
  const name = error.codeName ?? (error.code === duplicateKey ? 'DuplicateKey' : error.name)
  const detail =
    error instanceof MongoBulkWriteError ? `${error.insertedCount} documents were inserted before.` : null
  return { ...plainError(error.code === undefined ? name : `${name} (${error.code})`, error.message), detail }
}

/** True when the server's answer never came, so that nobody knows what it did. */
export function isNetwork(error: unknown): boolean {
  if (error instanceof ConnectionLost) return true
  if (!(error instanceof Error) || error instanceof MongoServerError) return false
  return /^Mongo(Network|ServerSelection|ServerClosed|TopologyClosed|PoolCleared|PoolClosed|Expired|ClientClosed|OperationTimeout|NotConnected)/.test(
    error.name,
  )
}

const ofOneDocument = new Set([
  'insertOne',
  'updateOne',
  'replaceOne',
  'deleteOne',
  'findOneAndUpdate',
  'findOneAndReplace',
  'findOneAndDelete',
])

/** True when the server refused a write of one document, which it does whole or not at all. */
export const changedNothing = (method: string, error: unknown): boolean =>
  ofOneDocument.has(method) &&
  error instanceof MongoServerError &&
  !(error instanceof MongoWriteConcernError) &&
  // The server was stepping down: it may have come that far.
  !error.hasErrorLabel('RetryableWriteError')
