import { createAwaitedPosition } from './awaitedPosition.ts'
import { createApiClient } from './client.ts'
import { createRefresher, exclusiveAcrossTabs } from './refresher.ts'
import { createSessionStore } from './sessionStore.ts'

const browserFetch: typeof fetch = (input, init) => window.fetch(input, init)

export const sessions = createSessionStore(window.localStorage, window)
export const refreshAccess = createRefresher({
  sessions,
  fetch: browserFetch,
  exclusively: exclusiveAcrossTabs('sre-portal.refresh'),
})
export const api = createApiClient({
  sessions,
  refresh: refreshAccess,
  awaited: createAwaitedPosition(),
  fetch: browserFetch,
})
