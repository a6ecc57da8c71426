import { podIdSchema, uuidSchema } from '@sre-portal/contracts'
import { computed, type Ref } from 'vue'
import { useListPage, useRowsOf } from '../../api/serverList.ts'
import { instanceList } from '../instances/instanceList.ts'
import { podList } from '../pods/podList.ts'
import type { SubmissionDraft } from './draftShelf.ts'

/** Instances that a request can be made for. */
export const inUse = { retired: 'false' }

/** What a draft is for: the instance and the pod themselves, undefined while they are asked for and when they can't be chosen any more. */
export function useTarget(draft: Ref<SubmissionDraft>) {
  const chosen = {
    instanceId: computed(() =>
      uuidSchema.safeParse(draft.value.instanceId).success ? [draft.value.instanceId] : [],
    ),
    podId: computed(() => (podIdSchema.safeParse(draft.value.podId).success ? [draft.value.podId] : [])),
  }
  const instances = useRowsOf(instanceList, chosen.instanceId)
  const pods = useRowsOf(podList, chosen.podId)
  const offered = [useListPage(instanceList, inUse), useListPage(podList, {})] as const
  const asked = computed(() => [
    ...offered,
    ...(chosen.instanceId.value.length > 0 ? [instances] : []),
    ...(chosen.podId.value.length > 0 ? [pods] : []),
  ])

  return {
    instance: computed(() =>
      instances.data.value?.items.find(({ id, retired }) => id === draft.value.instanceId && !retired),
    ),
    pod: computed(() => pods.data.value?.items.find(({ id }) => id === draft.value.podId)),
    /** There is nothing to choose from. */
    isNowhere: computed(() => offered.some(({ data }) => data.value?.total === 0)),
    isAsking: computed(() => asked.value.some(({ data }) => !data.value)),
    error: computed(
      () => asked.value.map(({ data, error }) => (data.value ? null : error.value)).find(Boolean) ?? null,
    ),
    askAgain: () => void Promise.allSettled(asked.value.map(({ refetch }) => refetch())),
  }
}
