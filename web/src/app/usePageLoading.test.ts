import { mount } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { usePageLoading } from './usePageLoading.ts'

const page = { render: () => h('p') }

async function shown(component: () => Promise<typeof page>) {
  const routes = [
    { path: '/', name: 'first', component: page },
    { path: '/other', name: 'other', component },
  ]
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push('/')
  let loading: ReturnType<typeof usePageLoading> | null = null
  const shell = mount(
    defineComponent(() => {
      loading = usePageLoading()
      return () => h('p')
    }),
    { global: { plugins: [router] } },
  )
  return { router, shell, loading: loading as unknown as ReturnType<typeof usePageLoading> }
}

it('says after 300 ms that a page is on the way, until it is there', async () => {
  vi.useFakeTimers()
  let arrive: (component: typeof page) => void = () => undefined
  const { router, loading } = await shown(() => new Promise((resolve) => (arrive = resolve)))
  const gone = router.push('/other')
  await vi.advanceTimersByTimeAsync(299)
  expect(loading.isSlow.value).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(loading.isSlow.value).toBe(true)
  arrive(page)
  await gone
  expect([loading.isSlow.value, loading.failed.value]).toEqual([false, null])
  vi.useRealTimers()
})

it('names the page that could not be had, and has it by another try', async () => {
  let tries = 0
  const { router, loading } = await shown(() => {
    tries += 1
    return tries === 1 ? Promise.reject(new TypeError('Failed to fetch')) : Promise.resolve(page)
  })
  await expect(router.push('/other?q=1')).rejects.toThrow('Failed to fetch')
  expect([loading.isSlow.value, loading.failed.value]).toEqual([false, '/other?q=1'])
  loading.retry()
  await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/other?q=1'))
  expect(loading.failed.value).toBeNull()
})

it('says nothing more once it is gone', async () => {
  const { router, shell, loading } = await shown(() => Promise.reject(new TypeError('Failed to fetch')))
  shell.unmount()
  router.onError(() => undefined)
  await expect(router.push('/other')).rejects.toThrow('Failed to fetch')
  expect(loading.failed.value).toBeNull()
})
