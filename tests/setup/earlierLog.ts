import { fileURLToPath } from 'node:url'
import { importEvents } from '@sre-portal/infra/event-store/transfer/importEvents.ts'
import { emptySummary } from '@sre-portal/infra/event-store/transfer/importSummary.ts'
import { eventsOfFile } from '@sre-portal/infra/event-store/transfer/logSources.ts'
import { testEventStore } from './eventStore.ts'

/** An event store that holds the log of this file of tests/fixtures, moved there by the product's own import. */
export async function storeOfEarlierLog(file: string): Promise<Awaited<ReturnType<typeof testEventStore>>> {
  const store = await testEventStore()
  const path = fileURLToPath(new URL(`../fixtures/${file}`, import.meta.url))
  const summary = emptySummary()
  const said: string[] = []
  const events = eventsOfFile(path, { unclosed: true, consequence: '', say: (words) => said.push(words) })
  await importEvents(store.connectionString, events, summary, { keepDigitsAsBinary: false })
  if (said.length !== 1) throw new Error(`${file} is of a version that closed no file`)
  if (summary.written === 0) throw new Error(`${file} was not imported`)
  return store
}
