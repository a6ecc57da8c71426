import { notificationListSchema, type NotificationList } from '@sre-portal/contracts'
import { useQuery, useQueryCache } from '@pinia/colada'
import { api } from '../../api/api.ts'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { refreshQueries } from '../../api/refreshQueries.ts'

export const listNotifications = (cursor: string | null, limit: number, signal: AbortSignal) =>
  api.get('/api/notifications', { answer: notificationListSchema, query: { cursor, limit }, signal })

export function useNotificationHead() {
  return useQuery({
    key: ['notifications', 'head'],
    query: ({ signal }) => listNotifications(null, 8, signal),
  })
}

export function useMarkRead() {
  const cache = useQueryCache()
  return async (upTo: string) => {
    const head = cache.getQueryData<NotificationList>(['notifications', 'head'])
    if (head) {
      const items = head.items.map((item) =>
        BigInt(item.id) <= BigInt(upTo) ? { ...item, read: true } : item,
      )
      cache.setQueryData(['notifications', 'head'], {
        ...head,
        items,
        unread: items.filter((item) => !item.read).length,
      })
    }
    await api.send('/api/notifications/read', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        'Idempotency-Key': newIdempotencyKey(),
      },
      body: JSON.stringify({ upTo }),
    })
    await refreshQueries(cache, ['notifications'])
  }
}
