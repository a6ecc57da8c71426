import { computed } from 'vue'
import { useSessionStore } from '../features/auth/useSessionStore.ts'

export interface PortalPage {
  name: string
  label: string
  icon: string
  section: 'main' | 'catalog' | 'administration'
  keys?: string
}

const everybody: PortalPage[] = [
  { name: 'dashboard', label: 'Dashboard', icon: 'i-lucide-layout-dashboard', section: 'main', keys: 'g d' },
  { name: 'requests', label: 'Requests', icon: 'i-lucide-inbox', section: 'main', keys: 'g r' },
]
const reviewQueue: PortalPage = {
  name: 'review',
  label: 'Review queue',
  icon: 'i-lucide-clipboard-check',
  section: 'main',
  keys: 'g q',
}
const notifications: PortalPage = {
  name: 'notifications',
  label: 'Notifications',
  icon: 'i-lucide-bell',
  section: 'main',
  keys: 'g n',
}
const catalog: PortalPage[] = [
  { name: 'instances', label: 'Instances', icon: 'i-lucide-database', section: 'catalog' },
  { name: 'pods', label: 'Pods', icon: 'i-lucide-boxes', section: 'catalog' },
]
const administration: PortalPage[] = [
  { name: 'audit', label: 'Audit log', icon: 'i-lucide-history', section: 'administration' },
  ...catalog.map((page): PortalPage => ({ ...page, section: 'administration' })),
  { name: 'users', label: 'Users', icon: 'i-lucide-users', section: 'administration' },
]

/** The pages that the signed-in person has. */
export function usePortalPages() {
  const session = useSessionStore()
  return computed((): PortalPage[] => [
    ...everybody,
    ...(session.reviews ? [reviewQueue] : []),
    notifications,
    ...(session.isAdmin ? administration : catalog),
  ])
}
