import type { Request } from 'express'
import type { EventStore } from '@sre-portal/platform/eventStore'
import type { Reader } from '../reader.ts'
import type { ReadModel } from '../readModel.ts'
import type { StoredResults } from '../requests/storedResult.ts'

/** What routes work with. `now` is the service's clock. */
export interface Services {
  readModel: ReadModel
  store: EventStore
  results: StoredResults
  now: () => Date
}

/** A question, checked: who asks, with which query; `position` is what the answer covers at least. */
export interface Asked<Query = unknown> {
  reader: Reader
  /** In which the reader asks. */
  sessionId: string
  query: Query
  /** `:id` of the path; empty where the path has none. */
  id: string
  position: string
  request: Request
  services: Services
}
