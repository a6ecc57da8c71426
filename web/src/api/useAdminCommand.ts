import type { Accepted } from '@sre-portal/contracts'
import { useToast } from '@nuxt/ui/composables'
import { useQueryCache } from '@pinia/colada'
import { api } from './api.ts'
import { refreshQueries } from './refreshQueries.ts'
import { useIdempotencyKey } from './idempotencyKey.ts'

/** Sends a change of users, pods or instances, says that it was done, and reads the lists again. */
export function useAdminCommand() {
  const cache = useQueryCache()
  const toast = useToast()
  const key = useIdempotencyKey()

  return async (method: 'POST' | 'PATCH', path: string, body: object, done: string): Promise<Accepted> => {
    const accepted = await api.command(path, {
      method,
      body,
      idempotencyKey: key.keyFor([method, path, body]),
    })
    key.renew()
    toast.add({ title: done, color: 'success', icon: 'i-lucide-check' })
    await refreshQueries(cache, ['users'], ['pods'], ['instances'])
    return accepted
  }
}
