import fc from 'fast-check'
import { it } from 'vitest'
import { HistoryModel, type Step } from './historyModel.ts'
import { freshStream, useEventStore } from './support.ts'

const store = useEventStore()
const streamCount = 3

const stream = fc.nat({ max: streamCount - 1 })
const deletion = fc.constantFrom('any', 'any', 'current', 'no_stream', 'behind', 'ahead')
const expectation = fc.oneof(deletion, fc.constant('stream_exists' as const))
const optional = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined })

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      stream,
      count: fc.integer({ min: 1, max: 5 }),
      expectation,
      repeat: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), stream, expectation: deletion }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tombstone' as const), stream: fc.constant(0) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('setMetadata' as const),
      stream,
      maxCount: optional(6),
      truncateBefore: optional(8),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      stream,
      from: fc.nat({ max: 20 }),
      backwards: fc.boolean(),
      count: fc.integer({ min: 1, max: 30 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'readAll' as const }) },
)

it('every history of appends, deletes, tombstones, metadata and reads goes as in the model', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const names = Array.from({ length: streamCount }, () => freshStream('history'))
      const model = new HistoryModel(store.client, names)
      for (const next of steps) await model.run(next)
      await model.run({ kind: 'readAll' })
    }),
    { numRuns: 60, endOnFailure: false },
  )
}, 120_000)
