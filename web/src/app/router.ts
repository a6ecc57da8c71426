import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { useSessionStore } from '../features/auth/useSessionStore.ts'

declare module 'vue-router' {
  interface RouteMeta {
    /** Who may open it; absent: everybody who is signed in. */
    audience?: 'anybody' | 'admin' | 'reviewer'
  }
}

const routes: RouteRecordRaw[] = [
  {
    path: '/login',
    name: 'login',
    component: () => import('../features/auth/LoginView.vue'),
    meta: { audience: 'anybody' },
  },
  { path: '/', name: 'dashboard', component: () => import('../features/dashboard/DashboardView.vue') },
  {
    path: '/requests',
    name: 'requests',
    component: () => import('../features/requests/RequestListView.vue'),
  },
  {
    path: '/requests/new',
    name: 'new-request',
    component: () => import('../features/requests/NewRequestView.vue'),
  },
  {
    path: '/requests/:id',
    name: 'request',
    component: () => import('../features/requests/RequestDetailView.vue'),
    props: true,
  },
  {
    path: '/review',
    name: 'review',
    component: () => import('../features/review/ReviewQueueView.vue'),
    meta: { audience: 'reviewer' },
  },
  {
    path: '/notifications',
    name: 'notifications',
    component: () => import('../features/notifications/NotificationsView.vue'),
  },
  {
    path: '/audit',
    name: 'audit',
    component: () => import('../features/audit/AuditView.vue'),
    meta: { audience: 'admin' },
  },
  {
    path: '/instances',
    name: 'instances',
    component: () => import('../features/instances/InstancesView.vue'),
  },
  { path: '/pods', name: 'pods', component: () => import('../features/pods/PodsView.vue') },
  {
    path: '/users',
    name: 'users',
    component: () => import('../features/users/UsersView.vue'),
    meta: { audience: 'admin' },
  },
  { path: '/:rest(.*)*', name: 'not-found', component: () => import('./NotFoundView.vue') },
]

export function createPortalRouter() {
  const router = createRouter({ history: createWebHistory(), routes })

  router.beforeEach((to, from) => {
    const session = useSessionStore()
    const signedIn = session.state === 'open'
    if (to.name === 'login') return signedIn ? safeNext(to.query.next) : true
    if (signedIn || (session.state === 'ended' && from.matched.length > 0)) return true
    return { name: 'login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  })
  router.onError((error: unknown, to) => reloadOnceAfterDeploy(error, to.fullPath))
  return router
}

/** Only a path of this portal: never an address that a link has brought along. */
export function safeNext(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/'
}

const reloadMark = 'sre-portal.reloaded-at'

/** A chunk that is gone means that a new version is out: load it once, drafts are kept. Offline, the page that is there is worth more. */
function reloadOnceAfterDeploy(error: unknown, path: string) {
  const chunkIsGone =
    error instanceof TypeError && /dynamically imported module|module script/i.test(error.message)
  const lastReload = Number(sessionStorage.getItem(reloadMark) ?? 0)
  if (!chunkIsGone || !navigator.onLine || Date.now() - lastReload < 60_000) return
  sessionStorage.setItem(reloadMark, String(Date.now()))
  window.location.assign(path)
}
