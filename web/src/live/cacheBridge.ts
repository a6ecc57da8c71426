import type { LiveMessage } from '@sre-portal/contracts'
import { useQueryCache, type EntryKey } from '@pinia/colada'
import { refreshQueries } from '../api/refreshQueries.ts'
import { requestFacts } from '../features/requests/requestFacts.ts'
import { useLiveMessages } from './useLiveStore.ts'

const burstMs = 120

/** Which cached answers a live message makes old. */
export function staleKeys(message: LiveMessage): EntryKey[] {
  switch (message.kind) {
    case 'request':
      return [['request', message.id], ['dashboard'], ['review-queue']]
    case 'notification':
      return [['notifications'], ['dashboard']]
    case 'user':
      return [['users'], ['pods'], ['request']]
    case 'pod':
      return [['pods'], ['users'], ['dashboard'], ['request']]
    // An open request says what its target is now, who may decide, and whether it can still be approved.
    case 'instance':
      return [['instances'], ['request']]
    case 'audit':
      return []
    case 'reset':
      return [[]]
  }
}

/** Asks again for what has changed; a burst of messages becomes one question each. */
export function useCacheBridge() {
  const cache = useQueryCache()
  const waiting = new Map<string, EntryKey>()
  let timer: ReturnType<typeof setTimeout> | undefined

  useLiveMessages((message) => {
    if (message.kind === 'request') {
      requestFacts.learn(message.id, message.revision, { status: message.status })
    }
    for (const key of staleKeys(message)) waiting.set(JSON.stringify(key), key)
    timer ??= setTimeout(flush, burstMs)
  })

  function flush() {
    timer = undefined
    void refreshQueries(cache, ...waiting.values())
    waiting.clear()
  }
}
