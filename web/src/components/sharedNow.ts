import { createSharedComposable, useNow } from '@vueuse/core'
import { computed } from 'vue'

/** One clock for all relative times of the page. */
export const useSharedNow = createSharedComposable(() => {
  const now = useNow({ interval: 10_000 })
  return computed(() => now.value.getTime())
})
