import fc from 'fast-check'
import { expect, test } from 'vitest'
import { streamName } from '@sre-portal/contracts'
import { MemoryStreams } from '../testing/memoryStreams.ts'
import { scenario, violationsOf } from '../testing/runModel.ts'
import { claimedRun, lastEvents, type Teller } from '../testing/runScenario.ts'
import { appendOutcome, inBatches } from './publish.ts'

test('whoever tells of a run, in whatever order and however often: one end, nothing after it, nothing twice', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (chosen) => {
      expect(await violationsOf(new MemoryStreams(), chosen)).toEqual([])
    }),
    { numRuns: 500 },
  )
}, 60_000)

// More events, or more bytes, than one append takes.
const lengths: [what: string, statements: number, padding: number][] = [
  ['450 statements', 450, 0],
  ['2,000 statements', 2000, 0],
  ['300 statements of 8 kB', 300, 8000],
]
const late: [first: Teller, second: Teller][] = [
  ['recovery', 'executor'],
  ['executor', 'recovery'],
  ['executor', 'executor'],
  ['recovery', 'recovery'],
]

for (const [what, count, padding] of lengths)
  test.each(late)(`of ${what}, told by the %s first, the %s adds nothing`, async (first, second) => {
    const streams = new MemoryStreams()
    const run = await claimedRun(streams)
    const outcomeOf = (teller: Teller) => ({
      run,
      batches: inBatches(lastEvents(run, count, teller, { padding })),
    })
    expect(outcomeOf(first).batches.length).toBeGreaterThan(2)
    expect(await appendOutcome(streams, outcomeOf(first))).toBe('told')
    const told = streams.events(streamName('request', run.requestId))
    expect(told.length).toBe(3 + count + 1)
    expect(await appendOutcome(streams, outcomeOf(second))).toBe(first === second ? 'told' : 'taken-over')
    expect(streams.events(streamName('request', run.requestId))).toEqual(told)
  })

test.each([1, 2, 3])('a teller that comes in after %i batches of the other leaves one end', async (after) => {
  const streams = new MemoryStreams()
  const run = await claimedRun(streams)
  const count = 450
  const [own, recovered] = (['executor', 'recovery'] as const).map((teller) =>
    inBatches(lastEvents(run, count, teller)),
  )
  if (!own || !recovered) throw new Error('two tellers')
  const begun = await appendOutcome(streams, { run, batches: recovered.slice(0, after) })
  expect(begun).toBe('told')
  const isComplete = after >= recovered.length
  expect(await appendOutcome(streams, { run, batches: own })).toBe(isComplete ? 'taken-over' : 'told')
  expect(await appendOutcome(streams, { run, batches: recovered })).toBe(isComplete ? 'told' : 'taken-over')
  const ids = streams.events(streamName('request', run.requestId)).map(({ id }) => id)
  expect(ids.length).toBe(3 + count + 1)
  expect(new Set(ids).size).toBe(ids.length)
})

test('a run that the stream knows no start of is told nothing of, and not taken for ended', async () => {
  const streams = new MemoryStreams()
  const run = await claimedRun(streams)
  const other = { ...run, executionId: crypto.randomUUID() }
  await expect(
    appendOutcome(streams, { run: other, batches: inBatches(lastEvents(other, 1, 'executor')) }),
  ).rejects.toThrow('knows no start')
})
