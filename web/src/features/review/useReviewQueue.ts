import { reviewQueueSchema } from '@sre-portal/contracts'
import { useQuery } from '@pinia/colada'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { useRouter } from 'vue-router'
import { api } from '../../api/api.ts'
import { useShortcuts } from '../../app/shortcuts.ts'

export type ReviewQueue = ReturnType<typeof useReviewQueue>

const readQueue = (current: string, signal: AbortSignal) =>
  api.get('/api/review-queue', { answer: reviewQueueSchema, query: { current }, signal })

/** How many requests wait for this person, oldest first, and the way from one to the next. */
export function useReviewQueue(currentId: MaybeRefOrGetter<string>, enabled: MaybeRefOrGetter<boolean>) {
  const router = useRouter()
  const { data } = useQuery({
    key: () => ['review-queue', toValue(currentId)],
    query: ({ signal }) => readQueue(toValue(currentId), signal),
    enabled: () => toValue(enabled),
    placeholderData: (before) => before,
  })
  const other = (id: string | null | undefined) => (id && id !== toValue(currentId) ? id : undefined)
  const previous = computed(() => other(data.value?.previous))
  const next = computed(() => other(data.value?.next))

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

  /** What to open after a decision: the next one, else the first that is left. */
  const after = () => next.value ?? other(data.value?.first)

  return { queue: data, previous, next, goNext, goPrevious, after }
}
