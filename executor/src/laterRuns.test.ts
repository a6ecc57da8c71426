import { expect, test } from 'vitest'
import { LaterRuns, type LaterRun } from './laterRuns.ts'

const approval = {} as LaterRun['approval']

function keeping(...kept: [person: string, requestId: string][]): LaterRuns {
  const later = new LaterRuns()
  for (const [person, requestId] of kept) later.keep(person, { requestId, approval })
  return later
}

test('the one that has waited longest is begun, and only one of that person', async () => {
  const later = keeping(['dana', 'a'], ['noor', 'b'], ['dana', 'c'])
  const begun: string[] = []
  await later.beginNext('dana', ({ requestId }) => Promise.resolve(begun.push(requestId)))
  await later.beginNext('grace', ({ requestId }) => Promise.resolve(begun.push(requestId)))
  expect([begun, later.requestIds]).toEqual([['a'], ['c', 'b']])
})

test('one that was kept again while it was begun waits on', async () => {
  const later = keeping(['dana', 'a'], ['dana', 'b'])
  await later.beginNext('dana', (run) => Promise.resolve(later.keep('dana', run)))
  expect(later.requestIds).toEqual(['b', 'a'])
})

test('after one that could not be begun nothing of that person is held back from those who look for overlooked work', async () => {
  const later = keeping(['dana', 'a'], ['dana', 'b'], ['noor', 'c'])
  await expect(later.beginNext('dana', () => Promise.reject(new Error('away')))).rejects.toThrow('away')
  expect(later.requestIds).toEqual(['c'])
})
