import { computed } from 'vue'
import { useDashboard } from '../features/dashboard/useDashboard.ts'
import { useNotificationHead } from '../features/notifications/useNotifications.ts'

/** The numbers beside the pages' names. */
export function useNavCounts() {
  const dashboard = useDashboard()
  const notifications = useNotificationHead()
  return {
    needsMyReview: computed(() => dashboard.data.value?.needsMyReview ?? 0),
    unread: computed(() => notifications.data.value?.unread ?? 0),
  }
}
