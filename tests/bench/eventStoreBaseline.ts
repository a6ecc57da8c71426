import { Client } from 'pg'
import { benchRow, perSecond } from './eventStoreRows.ts'

// The table and the indexes that the event store itself has, so that PostgreSQL is asked for the same work.
const table = `
  CREATE TABLE bench_rows (
    position bigint PRIMARY KEY, stream_key bigint NOT NULL, revision bigint NOT NULL, id uuid NOT NULL,
    type text COLLATE "C" NOT NULL, is_json boolean NOT NULL, created timestamptz NOT NULL, data bytea NOT NULL,
    metadata bytea NOT NULL
  );
  CREATE UNIQUE INDEX ON bench_rows (stream_key, revision);
  CREATE INDEX ON bench_rows (stream_key, id)`

const columns = 9
const readers = 16
const pageSize = 1000
const insertOne = { name: 'one', text: `INSERT INTO bench_rows VALUES ${placeholders(1)}` }
const insertHundred = { name: 'hundred', text: `INSERT INTO bench_rows VALUES ${placeholders(100)}` }

export interface Baseline {
  oneByOne: (durationMs: number) => Promise<number>
  concurrently: (durationMs: number) => Promise<number>
  byHundred: (durationMs: number) => Promise<number>
  read(count: number): Promise<number>
  close(): Promise<void>
}

/** What `pg` and the same PostgreSQL do with the same rows. */
export async function openBaseline(url: string): Promise<Baseline> {
  const clients = Array.from({ length: readers }, () => new Client(url))
  await Promise.all(clients.map((client) => client.connect()))
  const [first] = clients
  if (!first) throw new Error('There is no connection')
  await first.query(table)
  let next = 1

  return {
    oneByOne: (durationMs) =>
      perSecond(durationMs, async () => {
        await first.query({ ...insertOne, values: benchRow(next++) })
        return 1
      }),
    concurrently: async (durationMs) => {
      const rates = clients.map((client) =>
        perSecond(durationMs, async () => {
          await client.query({ ...insertOne, values: benchRow(next++) })
          return 1
        }),
      )
      return (await Promise.all(rates)).reduce((sum, rate) => sum + rate, 0)
    },
    byHundred: (durationMs) =>
      perSecond(durationMs, async () => {
        await first.query({
          ...insertHundred,
          values: Array.from({ length: 100 }, () => benchRow(next++)).flat(),
        })
        return 100
      }),
    read: async (count) => {
      const startedAt = performance.now()
      await first.query('BEGIN')
      await first.query(`DECLARE bench CURSOR FOR SELECT * FROM bench_rows ORDER BY position LIMIT ${count}`)
      let rows = 0
      for (let page = 1; page > 0; rows += page) {
        page = (await first.query(`FETCH ${pageSize} FROM bench`)).rows.length
      }
      await first.query('COMMIT')
      return (rows / (performance.now() - startedAt)) * 1000
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.end()))
    },
  }
}

function placeholders(rows: number): string {
  return Array.from({ length: rows }, (_, row) => {
    const cells = Array.from({ length: columns }, (__, column) => `$${row * columns + column + 1}`)
    return `(${cells.join(', ')})`
  }).join(', ')
}
