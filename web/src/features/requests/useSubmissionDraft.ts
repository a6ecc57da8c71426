import { requestKindSchema, transactionModeSchema } from '@sre-portal/contracts'
import { useLocalStorage } from '@vueuse/core'
import { watch } from 'vue'
import { z } from 'zod'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'

const draftSchema = z.object({
  kind: requestKindSchema,
  query: z.string(),
  script: z.string(),
  /** Name of the uploaded file; null while the script is typed here. */
  fileName: z.string().nullable(),
  instanceId: z.string(),
  database: z.string(),
  podId: z.string(),
  comment: z.string(),
  ticket: z.string(),
  transactionMode: transactionModeSchema,
  resubmissionOf: z.string().nullable(),
  /** Key of the submission under way, so that a retry after a reload is the same command; gone with the next edit. */
  attempt: z.string().nullable(),
})
export type SubmissionDraft = z.infer<typeof draftSchema>

const emptyDraft: SubmissionDraft = {
  kind: 'query',
  query: '',
  script: '',
  fileName: null,
  instanceId: '',
  database: '',
  podId: '',
  comment: '',
  ticket: '',
  transactionMode: 'single',
  resubmissionOf: null,
  attempt: null,
}

interface LastTarget {
  instanceId: string
  database: string
  podId: string
}

const serializer = {
  read: (text: string): SubmissionDraft => {
    const parsed = draftSchema.partial().safeParse(parsedJson(text))
    return { ...emptyDraft, ...(parsed.success ? (parsed.data as Partial<SubmissionDraft>) : {}) }
  },
  write: (draft: SubmissionDraft) => JSON.stringify(draft),
}

/** What a person is writing, kept on this device until it is submitted. A resubmission has a draft of its own. */
export function useSubmissionDraft(userId: string, resubmissionOf: string | null) {
  const last = useLocalStorage<LastTarget>(`sre-portal.last-target.${userId}`, {
    instanceId: '',
    database: '',
    podId: '',
  })
  const name = ['sre-portal.draft', userId, ...(resubmissionOf ? [resubmissionOf] : [])].join('.')
  const draft = useLocalStorage<SubmissionDraft>(
    name,
    { ...emptyDraft, ...last.value, resubmissionOf },
    {
      serializer,
      writeDefaults: false,
    },
  )

  watch(
    () => {
      const { attempt: _attempt, ...words } = draft.value
      return JSON.stringify(words)
    },
    () => (draft.value.attempt = null),
  )

  return {
    draft,
    attemptKey() {
      draft.value.attempt ??= newIdempotencyKey()
      return draft.value.attempt
    },
    discard() {
      draft.value = { ...emptyDraft, ...last.value }
      queueMicrotask(() => localStorage.removeItem(name))
    },
    rememberTarget({ instanceId, database, podId }: SubmissionDraft) {
      last.value = { instanceId, database, podId }
    },
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
