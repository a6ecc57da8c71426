import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DatabaseError } from 'pg'
import { openDatabase } from '../log/database.ts'
import { readAllRange } from '../log/logQueries.ts'
import { largestPageBytes } from '../log/pageBudget.ts'
import { formatEventLine } from './eventLine.ts'
import { TransferFault } from './importBatches.ts'

const pageSize = 500

/** Writes the whole log as NDJSON in its order; safe beside a running server, which it doesn't need. */
export async function exportEvents(postgresUrl: string, output: Writable, end: boolean): Promise<number> {
  let count = 0
  const pages = async function* () {
    for await (const lines of exportedLines(postgresUrl)) {
      count += lines.length
      yield lines.map((line) => `${line}\n`).join('')
    }
  }
  await pipeline(pages, output, { end })
  return count
}

/** The log in pages of lines. */
export async function* exportedLines(postgresUrl: string): AsyncGenerator<string[]> {
  const database = openDatabase(postgresUrl)
  try {
    let bound = 0
    while (true) {
      const { records, isLast } = await database.read((client) =>
        readAllRange(client, { bound, limit: pageSize, maxBytes: largestPageBytes }, true),
      )
      bound = records.at(-1)?.position ?? bound
      yield records.map(formatEventLine)
      if (isLast) return
    }
  } catch (error) {
    throw isMissingLog(error)
      ? new TransferFault('This database has no event log: no event store was ever started on it.')
      : error
  } finally {
    await database.close()
  }
}

const missingTable = '42P01'

function isMissingLog(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === missingTable
}
