import { onScopeDispose, ref, shallowRef } from 'vue'
import { isNavigationFailure, useRouter } from 'vue-router'

const quietMs = 300

/** Says that the code of a page is on the way when it takes a while, and which page could not be had at all. */
export function usePageLoading() {
  const router = useRouter()
  const isSlow = ref(false)
  const failed = shallowRef<string | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined

  const rest = () => {
    clearTimeout(timer)
    isSlow.value = false
  }
  const stops = [
    router.beforeResolve(rest),
    router.beforeEach((to, from) => {
      rest()
      failed.value = null
      if (to.name !== from.name) timer = setTimeout(() => (isSlow.value = true), quietMs)
    }),
    router.afterEach(rest),
    router.onError((error: unknown, to) => {
      rest()
      if (!isNavigationFailure(error)) failed.value = to.fullPath
    }),
  ]
  onScopeDispose(() => {
    rest()
    for (const stop of stops) stop()
  })
  const retry = () => {
    if (failed.value !== null) void router.push(failed.value).catch(() => undefined)
  }
  return { isSlow, failed, retry }
}
