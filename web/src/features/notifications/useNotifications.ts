import { notificationListSchema, type NotificationList } from '@sre-portal/contracts'
import { useQuery, useQueryCache } from '@pinia/colada'
import { api } from '../../api/api.ts'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { refreshQueries } from '../../api/refreshQueries.ts'

const headKey = ['notifications', 'head']

export const listNotifications = (cursor: string | null, limit: number, signal: AbortSignal) =>
  api.get('/api/notifications', { answer: notificationListSchema, query: { cursor, limit }, signal })

export function useNotificationHead() {
  return useQuery({
    key: headKey,
    query: ({ signal }) => listNotifications(null, 8, signal),
  })
}

/** Marks everything up to a notification as read: here at once, and at the server. What it can't keep is told anew as unread. */
export function useMarkRead() {
  const cache = useQueryCache()
  return async (upTo: string) => {
    showAsRead(cache, upTo)
    await sendRead(upTo).catch(() => undefined)
    await refreshQueries(cache, ['notifications'])
  }
}

function showAsRead(cache: ReturnType<typeof useQueryCache>, upTo: string) {
  const head = cache.getQueryData<NotificationList>(headKey)
  if (!head) return
  const oldest = head.items.at(-1)
  // How many are older than what is here, and unread, the server alone knows: it is asked right afterwards.
  if (!oldest || (head.nextCursor !== null && BigInt(upTo) < BigInt(oldest.id))) return
  const items = head.items.map((item) => (BigInt(item.id) <= BigInt(upTo) ? { ...item, read: true } : item))
  cache.setQueryData(headKey, { ...head, items, unread: items.filter((item) => !item.read).length })
}

const sendRead = (upTo: string) =>
  api.send('/api/notifications/read', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      'Idempotency-Key': newIdempotencyKey(),
    },
    body: JSON.stringify({ upTo }),
  })
