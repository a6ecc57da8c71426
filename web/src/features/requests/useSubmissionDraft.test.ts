import { beforeEach, expect, it } from 'vitest'
import { effectScope, nextTick } from 'vue'
import { useSubmissionDraft } from './useSubmissionDraft.ts'

beforeEach(() => localStorage.clear())

function writing(user = 'dana', origin: string | null = null) {
  const scope = effectScope()
  const form = scope.run(() => useSubmissionDraft(user, origin))
  if (!form) throw new Error('the scope has ended')
  return { ...form, leave: () => scope.stop() }
}

it('is there again after a reload, for the same person only', async () => {
  const first = writing()
  first.draft.value.query = 'SELECT 1'
  await nextTick()
  first.leave()

  expect(writing().draft.value.query).toBe('SELECT 1')
  expect(writing('emil').draft.value.query).toBe('')
})

it('keeps the key of a submission under way over a reload, and drops it with the next edit', async () => {
  const first = writing()
  first.draft.value.query = 'SELECT 1'
  await nextTick()
  const key = first.attemptKey()
  await nextTick()
  first.leave()

  const again = writing()
  expect(again.attemptKey()).toBe(key)
  again.draft.value.query = 'SELECT 2'
  await nextTick()
  expect(again.attemptKey()).not.toBe(key)
})

it('starts the next request with the target of the last one', async () => {
  const first = writing()
  Object.assign(first.draft.value, {
    instanceId: 'i1',
    database: 'orders',
    podId: 'payments',
    query: 'SELECT 1',
  })
  first.rememberTarget(first.draft.value)
  first.discard()
  await nextTick()
  first.leave()

  const { instanceId, database, podId, query } = writing().draft.value
  expect({ instanceId, database, podId, query }).toEqual({
    instanceId: 'i1',
    database: 'orders',
    podId: 'payments',
    query: '',
  })
})

it('keeps a resubmission apart from the draft that was there before', async () => {
  const mine = writing()
  mine.draft.value.query = 'SELECT mine'
  await nextTick()
  const again = writing('dana', 'r1')
  again.draft.value.query = 'SELECT again'
  await nextTick()
  expect(again.draft.value.resubmissionOf).toBe('r1')
  expect(writing().draft.value.query).toBe('SELECT mine')
})
