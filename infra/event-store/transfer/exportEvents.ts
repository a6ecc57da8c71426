import type { Writable } from 'node:stream'
import { once } from 'node:events'
import { openDatabase } from '../log/database.ts'
import { readAllRange } from '../log/logQueries.ts'
import { formatEventLine } from './eventLine.ts'

const pageSize = 500

/** Writes the whole log as NDJSON in its order; safe beside a running server, which it doesn't need. */
export async function exportEvents(postgresUrl: string, output: Writable): Promise<number> {
  const database = openDatabase(postgresUrl)
  try {
    let bound = 0
    let count = 0
    while (true) {
      const { records, isLast } = await database.read((client) =>
        readAllRange(client, { bound, limit: pageSize }, true),
      )
      const text = records.map((record) => `${formatEventLine(record)}\n`).join('')
      if (text !== '' && !output.write(text)) await once(output, 'drain')
      count += records.length
      bound = records.at(-1)?.position ?? bound
      if (isLast) return count
    }
  } finally {
    await database.close()
  }
}
