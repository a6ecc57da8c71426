import type { RequestDetail } from '@sre-portal/contracts'

/** Number of a request that the read model has not counted yet. */
export const unnumbered = 0

/** Requests that this page has just submitted, as typed, until the read model has them. */
export const provisionalRequests = new Map<string, RequestDetail>()
