import { useEventListener, useLocalStorage } from '@vueuse/core'
import { ref, watch } from 'vue'
import { newIdempotencyKey } from '../../api/idempotencyKey.ts'
import { emptyDraft, openDraftShelf, type OfferedDraft, type SubmissionDraft } from './draftShelf.ts'
import { createTabLocks, type TabLocks } from './tabLocks.ts'

interface LastTarget {
  instanceId: string
  database: string
  podId: string
}

export interface Surroundings {
  drafts: Storage
  tab: Storage
  locks: TabLocks
}
const browser: Surroundings = {
  drafts: window.localStorage,
  tab: window.sessionStorage,
  locks: createTabLocks('locks' in navigator ? navigator.locks : undefined),
}

/**
 * What a person is writing in this tab, kept on this device until it is submitted. Other tabs' drafts are offered, never mixed
 * into it; a resubmission has a draft of its own.
 */
export function useSubmissionDraft(userId: string, resubmissionOf: string | null, around = browser) {
  const shelf = openDraftShelf({ ...around, newId: newIdempotencyKey }, userId, resubmissionOf)
  const last = useLocalStorage<LastTarget>(`sre-portal.last-target.${userId}`, {
    instanceId: '',
    database: '',
    podId: '',
  })
  const fresh = (): SubmissionDraft => ({ ...emptyDraft, ...last.value, resubmissionOf })
  const draft = ref(fresh())
  const ready = ref(false)
  const others = ref<OfferedDraft[]>([])
  let id = ''
  let taking = false

  watch(
    () => wordsOf(draft.value),
    () => {
      if (!taking) draft.value.attempt = null
    },
    { flush: 'sync' },
  )
  watch(draft, keep, { deep: true })
  useEventListener(window, 'storage', ({ key }) => {
    if (key === null || shelf.has(key)) void look()
  })
  const claimed = begin()

  return { draft, ready, claimed, others, take, drop, attemptKey, discard, rememberTarget }

  async function begin() {
    id = await shelf.claim()
    show(shelf.read(id) ?? fresh())
    ready.value = true
    await look()
  }

  async function look() {
    others.value = await shelf.others(id)
  }

  function show(next: SubmissionDraft) {
    taking = true
    draft.value = next
    taking = false
  }

  function keep() {
    if (!ready.value) return
    if (wordsOf(draft.value) === wordsOf(fresh())) shelf.remove(id)
    else shelf.write(id, draft.value)
  }

  /** Goes on with a draft that no tab has open, or copies one that another tab writes. */
  async function take(offered: OfferedDraft) {
    const kept = shelf.read(offered.id)
    if (kept && (await shelf.adopt(offered.id, id))) {
      id = offered.id
      show(kept)
    } else if (kept) draft.value = { ...kept, attempt: null }
    await look()
  }

  async function drop(offered: OfferedDraft) {
    shelf.remove(offered.id)
    await look()
  }

  function attemptKey(): string {
    draft.value.attempt ??= newIdempotencyKey()
    return draft.value.attempt
  }

  function discard() {
    draft.value = fresh()
    shelf.remove(id)
  }

  function rememberTarget({ instanceId, database, podId }: SubmissionDraft) {
    last.value = { instanceId, database, podId }
  }
}

function wordsOf({ attempt: _attempt, ...words }: SubmissionDraft): string {
  return JSON.stringify(words)
}
