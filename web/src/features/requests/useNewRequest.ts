import { submitQuerySchema, type RequestDetail, type SessionUser } from '@sre-portal/contracts'
import { onMounted, ref, shallowRef, watch } from 'vue'
import { useQueryCache } from '@pinia/colada'
import { asApiError, type ApiError } from '../../api/apiError.ts'
import { refreshQueries } from '../../api/refreshQueries.ts'
import { faultSentence } from '../../components/faultSentence.ts'
import { contentFault } from './contentFacts.ts'
import { contentOf, type SubmissionDraft } from './draftShelf.ts'
import { useSubmissionDraft } from './useSubmissionDraft.ts'
import { useTarget } from './useTarget.ts'

/** Loaded only where a request is submitted again. */
const readAgain = async (id: string) => (await import('./submittedBefore.ts')).readSubmitted(id)

/** Loaded beside the page: something has to be written before it is sent. */
const sending = () => import('./submitRequest.ts')

const contentPaths = new Set(['content', 'script', 'file', 'fileName'])
const chooseInstance = 'Choose an instance.'
const choosePod = 'Choose a pod.'
const chooseWords: Record<string, string> = {
  instanceId: chooseInstance,
  database: 'Choose a database.',
  podId: choosePod,
}

/** Writing and sending one request: the draft, its faults at their fields, and one command however often it is pressed. */
export function useNewRequest(user: SessionUser, origin: string | null) {
  const cache = useQueryCache()
  onMounted(() => void sending().catch(() => undefined))
  const drafts = useSubmissionDraft(user.id, origin)
  const { draft, ready, claimed, others, attemptKey, discard, rememberTarget } = drafts
  const target = useTarget(draft)
  const errors = ref<Record<string, string>>({})
  const failure = shallowRef<ApiError | null>(null)
  const busy = ref(false)
  const original = shallowRef<RequestDetail | null>(null)

  watch(draft, () => clearMended(), { deep: true })
  onMounted(fillFromOrigin)

  return {
    draft,
    target,
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
    const instance = target.instance.value
    const pod = target.pod.value
    errors.value = {
      ...(!instance && { instanceId: chooseInstance }),
      ...(!pod && { podId: choosePod }),
      ...faultsOf(draft.value),
    }
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
    const found = await readAgain(origin).catch((cause: unknown) => {
      failure.value = asApiError(cause)
      return null
    })
    if (!found) return
    original.value = found.request
    await claimed
    if (contentOf(draft.value) !== '' || draft.value.comment !== '') return
    draft.value = { ...draft.value, ...found.words }
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
