import { useQuery } from '@pinia/colada'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { useRouter } from 'vue-router'
import { useShortcuts } from '../../app/shortcuts.ts'
import { listRequests } from '../requests/requestsApi.ts'

export type ReviewQueue = ReturnType<typeof useReviewQueue>

/** The requests that wait for this person, oldest first, and the way from one to the next. */
export function useReviewQueue(currentId: MaybeRefOrGetter<string>, enabled: MaybeRefOrGetter<boolean>) {
  const router = useRouter()
  const { data } = useQuery({
    key: ['review-queue'],
    query: ({ signal }) => listRequests({ view: 'review', sort: 'oldest', limit: 200 }, signal),
    enabled: () => toValue(enabled),
  })
  const ids = computed(
    () => data.value?.items.filter((row) => row.status === 'PENDING').map((row) => row.id) ?? [],
  )
  const index = computed(() => ids.value.indexOf(toValue(currentId)))
  const previous = computed(() => (index.value > 0 ? ids.value[index.value - 1] : undefined))
  const next = computed(() => ids.value[index.value + 1])

  const go = (id: string | undefined) => {
    if (id) void router.push({ name: 'request', params: { id }, query: { queue: '1' } })
  }
  const goNext = () => go(next.value)
  const goPrevious = () => go(previous.value)
  if (toValue(enabled)) {
    useShortcuts([
      { keys: ']', label: 'Next in the review queue', group: 'Request', run: goNext },
      { keys: '[', label: 'Previous in the review queue', group: 'Request', run: goPrevious },
    ])
  }

  return { ids, index, previous, next, goNext, goPrevious, after }

  /** What to open after a decision: the next one, else the first that is left. */
  function after(id: string): string | undefined {
    const at = ids.value.indexOf(id)
    const rest = ids.value.filter((each) => each !== id)
    return rest[Math.max(0, at)] ?? rest[0]
  }
}
