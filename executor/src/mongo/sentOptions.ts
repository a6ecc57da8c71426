import type { ClientSession, Document } from 'mongodb'
import { isDocument, numberOf } from '@sre-portal/analysis/mongo/plainValues'

/** What every operation is sent with. */
export interface Bounds {
  session: ClientSession
  maxTimeMS: number
}

/** Options as the driver reads them: their numbers are JavaScript's, and no bound of time is longer than the run's. */
export function sentOptions(options: unknown, { session, maxTimeMS }: Bounds): Document {
  const given: Document = isDocument(options) ? options : {}
  const asked = numberOf(given['maxTimeMS']) ?? maxTimeMS
  return { ...plainNumbers(given), session, maxTimeMS: Math.min(asked, maxTimeMS) }
}

/** A document of ours that the driver takes as it is. */
export const documentOf = (value: unknown): Document => (isDocument(value) ? value : {})

const concerns = new Set(['writeConcern', 'readConcern'])

function plainNumbers(options: Document): Document {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]: [string, unknown]) => [
      name,
      concerns.has(name) && isDocument(value) ? plainNumbers(value) : (numberOf(value) ?? value),
    ]),
  )
}
