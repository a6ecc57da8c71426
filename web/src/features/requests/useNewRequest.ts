import {
  submitQuerySchema,
  type InstanceRow,
  type PodRow,
  type RequestDetail,
  type SessionUser,
} from '@sre-portal/contracts'
import { onMounted, ref, shallowRef, watch, type Ref } from 'vue'
import { useQueryCache } from '@pinia/colada'
import { asApiError, type ApiError } from '../../api/apiError.ts'
import { refreshQueries } from '../../api/refreshQueries.ts'
import { faultSentence } from '../../components/faultSentence.ts'
import { contentFault } from './contentFacts.ts'
import { getRequest } from './requestsApi.ts'
import { contentOf, type SubmissionDraft } from './draftShelf.ts'
import { useSubmissionDraft } from './useSubmissionDraft.ts'

/** Loaded beside the page: something has to be written before it is sent. */
const sending = () => import('./submitRequest.ts')

const contentPaths = new Set(['content', 'script', 'file', 'fileName'])
const chooseWords: Record<string, string> = {
  instanceId: 'Choose an instance.',
  database: 'Choose a database.',
  podId: 'Choose a pod.',
}

/** Writing and sending one request: the draft, its faults at their fields, and one command however often it is pressed. */
export function useNewRequest(
  user: SessionUser,
  origin: string | null,
  instances: Ref<InstanceRow[]>,
  pods: Ref<PodRow[]>,
) {
  const cache = useQueryCache()
  onMounted(() => void sending().catch(() => undefined))
  const drafts = useSubmissionDraft(user.id, origin)
  const { draft, ready, claimed, others, attemptKey, discard, rememberTarget } = drafts
  const errors = ref<Record<string, string>>({})
  const failure = shallowRef<ApiError | null>(null)
  const busy = ref(false)
  const original = shallowRef<RequestDetail | null>(null)

  watch(draft, () => clearMended(), { deep: true })
  onMounted(fillFromOrigin)

  return {
    draft,
    ready,
    others,
    take: drafts.take,
    drop: drafts.drop,
    errors,
    failure,
    busy,
    original,
    submit,
    discard,
  }

  /** Answers the new request's id, or null when something must be mended first. */
  async function submit(): Promise<string | null> {
    if (busy.value) return null
    failure.value = null
    errors.value = faultsOf(draft.value)
    const instance = instances.value.find((row) => row.id === draft.value.instanceId)
    const pod = pods.value.find((row) => row.id === draft.value.podId)
    if (Object.keys(errors.value).length > 0 || !instance || !pod) {
      focusFirstFault()
      return null
    }
    busy.value = true
    try {
      const { submitRequest } = await sending()
      const id = await submitRequest({
        draft: draft.value,
        idempotencyKey: attemptKey(),
        instance,
        pod,
        user,
      })
      void refreshQueries(cache, ['dashboard'])
      rememberTarget(draft.value)
      discard()
      return id
    } catch (cause) {
      takeFailure(asApiError(cause))
      return null
    } finally {
      busy.value = false
    }
  }

  function takeFailure(error: ApiError) {
    failure.value = error
    for (const fault of error.faults) {
      const field = fault.path.split('.')[0] ?? ''
      errors.value[contentPaths.has(field) ? 'content' : field] ??= faultSentence(fault)
    }
    if (error.code === 'too_large' || error.code === 'unsupported_media_type')
      errors.value.content ??= error.message
    focusFirstFault()
  }

  function clearMended() {
    const still = faultsOf(draft.value)
    errors.value = Object.fromEntries(Object.entries(errors.value).filter(([field]) => field in still))
  }

  async function fillFromOrigin() {
    if (!origin) return
    const request = await getRequest(origin, new AbortController().signal).catch((cause: unknown) => {
      failure.value = asApiError(cause)
      return null
    })
    if (!request) return
    original.value = request
    await claimed
    if (contentOf(draft.value) !== '' || draft.value.comment !== '') return
    draft.value = { ...draft.value, ...draftOf(request) }
  }
}

function draftOf(request: RequestDetail): Partial<SubmissionDraft> {
  return {
    kind: request.kind,
    ...(request.kind === 'query'
      ? { query: request.content }
      : { script: request.content, fileName: request.fileName }),
    instanceId: request.target.id,
    database: request.database,
    podId: request.pod.id,
    comment: request.comment,
    ticket: request.ticket ?? '',
    transactionMode: request.transactionMode,
    resubmissionOf: request.id,
  }
}

/** The faults that the form can see by itself, a sentence a field. */
function faultsOf(draft: SubmissionDraft): Record<string, string> {
  const faults: Record<string, string> = {}
  const { instanceId, database, podId, comment, ticket, resubmissionOf } = draft
  const parsed = submitQuerySchema
    .omit({ kind: true, content: true })
    .safeParse({ instanceId, database, podId, comment, ticket: ticket.trim() || null, resubmissionOf })
  for (const issue of parsed.error?.issues ?? []) {
    const field = String(issue.path[0] ?? '')
    faults[field] ??= chooseWords[field] ?? issue.message
  }
  const content = contentFault(draft.kind, contentOf(draft))
  if (content) faults.content = content
  return faults
}

function focusFirstFault() {
  requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
}
