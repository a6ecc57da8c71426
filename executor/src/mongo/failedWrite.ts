import {
  BSON,
  MongoAPIError,
  MongoBulkWriteError,
  MongoServerError,
  MongoServerSelectionError,
  MongoWriteConcernError,
} from 'mongodb'
import { ShellError } from '@sre-portal/analysis/mongo/shellError'
import type { Operation } from '@sre-portal/analysis/mongo/operations'
import { faultsOf, innermost, isNetwork } from './mongoError.ts'
import { changedBy, countsOf } from './performWrite.ts'
import { WriteErrorsAnswered } from './writeErrorsAnswered.ts'

/** What is known of an operation whose promise was rejected. */
export interface FailedWrite {
  /** 'nothing' and 'something' are proved by an answer; 'perhaps' is an answer that leaves it open; 'unanswered' is none. */
  changed: 'nothing' | 'something' | 'perhaps' | 'unanswered'
  /** Documents that were changed all the same; null where nobody said it. */
  affected: number | null
}

const nothing: FailedWrite = { changed: 'nothing', affected: 0 }
const ofOneDocument = new Set([
  ...['insertOne', 'updateOne', 'replaceOne', 'deleteOne'],
  ...['findOneAndUpdate', 'findOneAndReplace', 'findOneAndDelete'],
])
const wholeOrNot = new Set(['insertOne', 'updateOne', 'deleteOne'])

// Answers given before anything is done: no right, no such command, namespace or index, not the primary, an index that there is already.
const refusedBefore = new Set([13, 18, 26, 27, 48, 59, 73, 85, 86, 115, 238, 10_107, 13_435, 13_436])
// The server was leaving its post while it worked: the write may be there, and may be rolled back.
const interruptedByServer = new Set([91, 189, 11_600, 11_602])

/** What a failed operation changed, by what came back from the target: see the table in docs/executor.md. */
export function failedWrite({ kind, method }: Operation, thrown: unknown): FailedWrite {
  if (kind === 'read') return nothing
  const error = innermost(thrown)
  const bulk = thrown instanceof MongoBulkWriteError ? countsOf(thrown) : null
  if (bulk === null && wasNotSent(error)) return nothing
  if (isNetwork(error)) return { changed: 'unanswered', affected: null }
  if (error instanceof WriteErrorsAnswered) return ofParts(changedBy(error.counts), error.faults)
  if (error instanceof MongoWriteConcernError) return { changed: 'something', affected: null }
  // No answer that could be read.
  if (!(error instanceof MongoServerError)) return { changed: 'unanswered', affected: null }
  if (interruptedByServer.has(Number(error.code))) return { changed: 'unanswered', affected: null }
  if (error instanceof MongoBulkWriteError && error.err === undefined) {
    const faults = faultsOf(error)
    if (faults.length > 0) return ofParts(changedBy(countsOf(error)), faults)
    if (refusedBefore.has(Number(error.code)) && changedBy(countsOf(error)) === 0) return nothing
    return { changed: changedBy(countsOf(error)) > 0 ? 'something' : 'perhaps', affected: null }
  }
  if (error instanceof MongoBulkWriteError) return { changed: 'something', affected: null }
  if (ofOneDocument.has(method) || refusedBefore.has(Number(error.code))) return nothing
  return { changed: 'perhaps', affected: null }
}

/** A refused part of one document changed nothing; one of many may have changed some of them, which no count tells. */
function ofParts(affected: number, faults: { kind: string }[]): FailedWrite {
  const whole = faults.every(({ kind }) => wholeOrNot.has(kind) || kind === 'insert')
  if (!whole) return { changed: affected > 0 ? 'something' : 'perhaps', affected: null }
  return { changed: affected > 0 ? 'something' : 'nothing', affected }
}

/** Refused by the portal or by the driver, or no server was there to take it. */
const wasNotSent = (error: unknown): boolean =>
  error instanceof ShellError ||
  error instanceof MongoServerSelectionError ||
  BSON.BSONError.isBSONError(error) ||
  (error instanceof MongoAPIError && !isNetwork(error))
