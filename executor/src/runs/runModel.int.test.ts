import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { scenario, violationsOf } from '../testing/runModel.ts'

let store: EventStore
let close: () => Promise<void>
beforeAll(async () => {
  const server = await testEventStore()
  store = connectEventStore(server.connectionString)
  close = async () => {
    await store.close()
    await server.close()
  }
})
afterAll(() => close())

test('the model of a run holds against the event store itself', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (chosen) => {
      expect(await violationsOf(store, chosen)).toEqual([])
    }),
    { numRuns: 40 },
  )
})
