import { beforeEach, expect, it } from 'vitest'
import { effectScope, nextTick } from 'vue'
import { memoryStorage } from '../../testing/testAnswers.ts'
import type { TabLocks } from './tabLocks.ts'
import { useSubmissionDraft } from './useSubmissionDraft.ts'

const holders = new Map<string, object>()
let drafts: Storage
beforeEach(() => {
  localStorage.clear()
  holders.clear()
  drafts = memoryStorage()
})

/** A browser's tab: what it alone remembers, and the names it holds until it is closed. */
function openTab(remembered: Record<string, string> = {}) {
  const tab = memoryStorage()
  for (const [name, value] of Object.entries(remembered)) tab.setItem(name, value)
  const locks: TabLocks = {
    hold(name) {
      const free = (holders.get(name) ?? tab) === tab
      if (free) holders.set(name, tab)
      return Promise.resolve(free)
    },
    release: (name) => void holders.delete(name),
    isHeld: (name) => Promise.resolve(holders.has(name)),
  }
  const close = () => {
    for (const [name, holder] of holders) if (holder === tab) holders.delete(name)
  }
  const write = async (user = 'dana', origin: string | null = null) => {
    const scope = effectScope()
    const form = scope.run(() => useSubmissionDraft(user, origin, { drafts, tab, locks }))
    if (!form) throw new Error('the scope has ended')
    await form.claimed
    return { ...form, leave: () => scope.stop() }
  }
  const memory = () =>
    Object.fromEntries(
      Array.from({ length: tab.length }, (_, at) => tab.key(at) ?? '').map((key) => [
        key,
        tab.getItem(key) ?? '',
      ]),
    )
  return { write, close, memory }
}

it('is there again after a reload of its tab, for the same person only', async () => {
  const tab = openTab()
  const first = await tab.write()
  first.draft.value.query = 'SELECT 1'
  await nextTick()
  first.leave()
  expect((await tab.write()).draft.value.query).toBe('SELECT 1')
  expect((await tab.write('emil')).draft.value.query).toBe('')
})

it('is of its tab alone: what two tabs write is never mixed', async () => {
  const deleting = await openTab().write()
  const reading = await openTab().write()
  deleting.draft.value.query = 'DELETE FROM airports'
  deleting.draft.value.comment = 'Clean up'
  await nextTick()
  reading.draft.value.comment = 'Only looking'
  reading.draft.value.query = 'SELECT 1'
  await nextTick()
  expect([deleting.draft.value.query, deleting.draft.value.comment]).toEqual([
    'DELETE FROM airports',
    'Clean up',
  ])
  expect([reading.draft.value.query, reading.draft.value.comment]).toEqual(['SELECT 1', 'Only looking'])
})

it('offers what another open tab writes as a copy, and leaves that tab its own', async () => {
  const one = await openTab().write()
  one.draft.value.comment = 'Clean up\nfor good'
  one.draft.value.query = 'DELETE FROM airports'
  await nextTick()
  const two = await openTab().write()
  expect(two.draft.value.query).toBe('')
  expect(two.others.value).toMatchObject([{ title: 'Clean up', openElsewhere: true }])
  await two.take(two.others.value[0]!)
  two.draft.value.query = 'SELECT 1'
  await nextTick()
  expect(one.draft.value.query).toBe('DELETE FROM airports')
  expect(two.draft.value.comment).toBe('Clean up\nfor good')
})

it('goes on with the draft of a tab that is gone, which then is nobody else’s', async () => {
  const gone = openTab()
  const before = await gone.write()
  before.draft.value.query = 'SELECT 1'
  await nextTick()
  before.attemptKey()
  await nextTick()
  before.leave()
  gone.close()

  const now = await openTab().write()
  expect(now.others.value).toMatchObject([{ title: 'SELECT 1', openElsewhere: false }])
  await now.take(now.others.value[0]!)
  expect(now.draft.value.query).toBe('SELECT 1')
  expect(now.draft.value.attempt).toBe(before.draft.value.attempt)
  expect(now.others.value).toEqual([])
  expect((await openTab().write()).others.value).toMatchObject([{ openElsewhere: true }])
})

it('begins anew in a tab that was duplicated, and lets a draft be deleted only where nobody writes it', async () => {
  const tab = openTab()
  const original = await tab.write()
  original.draft.value.query = 'SELECT original'
  await nextTick()
  const duplicate = await openTab(tab.memory()).write()
  expect(duplicate.draft.value.query).toBe('')
  tab.close()
  original.leave()
  const third = await openTab().write()
  await third.drop(third.others.value[0]!)
  expect(third.others.value).toEqual([])
  expect(drafts.length).toBe(0)
})

it('offers what was written before tabs had drafts of their own', async () => {
  drafts.setItem('sre-portal.draft.dana', JSON.stringify({ kind: 'query', query: 'SELECT old', comment: '' }))
  const now = await openTab().write()
  expect(now.others.value).toMatchObject([{ title: 'SELECT old', openElsewhere: false }])
  expect(drafts.getItem('sre-portal.draft.dana')).toBeNull()
})

it('keeps the key of a submission under way over a reload, and drops it with the next edit', async () => {
  const tab = openTab()
  const first = await tab.write()
  first.draft.value.query = 'SELECT 1'
  await nextTick()
  const key = first.attemptKey()
  await nextTick()
  first.leave()

  const again = await tab.write()
  expect(again.attemptKey()).toBe(key)
  again.draft.value.query = 'SELECT 2'
  expect(again.attemptKey()).not.toBe(key)
})

it('starts the next request with the target of the last one', async () => {
  const tab = openTab()
  const first = await tab.write()
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

  const { instanceId, database, podId, query } = (await tab.write()).draft.value
  expect({ instanceId, database, podId, query }).toEqual({
    instanceId: 'i1',
    database: 'orders',
    podId: 'payments',
    query: '',
  })
  expect(drafts.length).toBe(0)
})

it('keeps a resubmission apart from the draft that was there before, and its line ends as they are', async () => {
  const tab = openTab()
  const mine = await tab.write()
  mine.draft.value.query = 'SELECT mine'
  await nextTick()
  const again = await tab.write('dana', 'r1')
  again.draft.value.query = 'SELECT again\r\nFROM x'
  await nextTick()
  expect(again.draft.value.resubmissionOf).toBe('r1')
  expect((await tab.write()).draft.value.query).toBe('SELECT mine')
  expect((await tab.write('dana', 'r1')).draft.value.query).toBe('SELECT again\r\nFROM x')
})
