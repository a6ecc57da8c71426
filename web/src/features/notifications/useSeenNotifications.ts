import type { Notification } from '@sre-portal/contracts'
import { useDocumentVisibility } from '@vueuse/core'
import { computed, shallowRef, watch } from 'vue'
import { useMarkRead } from './useNotifications.ts'

/**
 * Marks as read what is looked at, newest first in `shown`; while it is looked at, what was new still stands out, though it
 * is read. A tab that nobody sees reads nothing.
 */
export function useSeenNotifications(shown: () => Notification[], looking: () => boolean) {
  const markRead = useMarkRead()
  const visibility = useDocumentVisibility()
  const newIds = shallowRef<ReadonlySet<string>>(new Set())

  watch(
    () => ({ looks: looking(), seen: visibility.value === 'visible', items: shown() }),
    ({ looks, seen, items }) => {
      if (!looks) newIds.value = new Set()
      if (!looks || !seen) return
      const unread = items.filter((item) => !item.read && !newIds.value.has(item.id))
      const [newest] = unread
      if (!newest) return
      newIds.value = new Set([...newIds.value, ...unread.map((item) => item.id)])
      void markRead(newest.id)
    },
    { immediate: true },
  )

  return computed(() =>
    shown().map((item) => (item.read && newIds.value.has(item.id) ? { ...item, read: false } : item)),
  )
}
