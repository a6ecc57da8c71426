import type { Document } from 'mongodb'
import { isDocument } from '@sre-portal/analysis/mongo/plainValues'
import { numberOf } from '@sre-portal/analysis/mongo/plainValues'
import { cutText } from '../results/statementHead.ts'
import type { WriteFault } from './mongoError.ts'
import { changedBy, type WriteCounts } from './performWrite.ts'

/** Thrown for a command whose answer is "ok", and says that some of its writes were refused. */
export class WriteErrorsAnswered extends Error {
  override readonly name = 'WriteErrorsAnswered'
  readonly code: string
  readonly counts: WriteCounts
  readonly faults: WriteFault[]

  constructor(counts: WriteCounts, faults: WriteFault[]) {
    const [first] = faults
    super(first?.message ?? 'Some of the writes were refused.')
    this.code = first?.code === null || first === undefined ? 'WriteError' : `WriteError (${first.code})`
    this.counts = counts
    this.faults = faults
  }
}

const none: WriteCounts = {
  insertedCount: 0,
  matchedCount: 0,
  modifiedCount: 0,
  deletedCount: 0,
  upsertedCount: 0,
}

/** What a command's answer says that it changed; null where it says nothing. @throws WriteErrorsAnswered when it refused a part */
export function affectedBy(command: Document, answer: Document): number | null {
  const [name = ''] = Object.keys(command)
  const counts = countsIn(name, answer)
  const errors: unknown = answer['writeErrors']
  if (counts && Array.isArray(errors) && errors.length > 0)
    throw new WriteErrorsAnswered(
      counts,
      errors.filter(isDocument).map((error) => faultOf(name, error)),
    )
  if (name.toLowerCase() === 'findandmodify') {
    const told: unknown = answer['lastErrorObject']
    return isDocument(told) ? numberOf(told['n']) : null
  }
  return counts && changedBy(counts)
}

function countsIn(name: string, answer: Document): WriteCounts | null {
  const count = numberOf(answer['n']) ?? 0
  switch (name) {
    case 'insert':
      return { ...none, insertedCount: count }
    case 'delete':
      return { ...none, deletedCount: count }
    case 'update': {
      const upserted = Array.isArray(answer['upserted']) ? answer['upserted'].length : 0
      const modified = numberOf(answer['nModified']) ?? 0
      return { ...none, matchedCount: count - upserted, modifiedCount: modified, upsertedCount: upserted }
    }
    default:
      return null
  }
}

const faultOf = (name: string, error: Document): WriteFault => ({
  index: numberOf(error['index']) ?? 0,
  code: numberOf(error['code']),
  kind: name,
  message: cutText(String(error['errmsg']), 500),
})
