import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DatabaseError } from 'pg'
import { openDatabase } from '../log/database.ts'
import { readAllRange } from '../log/logQueries.ts'
import type { LogRecord } from '../log/logRecord.ts'
import { largestPageBytes } from '../log/pageBudget.ts'
import { formatClosingLine, Tally } from './closingLine.ts'
import { formatEventLine } from './eventLine.ts'
import { TransferFault } from './transferFault.ts'

const pageSize = 500

/** Writes the whole log as NDJSON in its order and closes it; safe beside a running server, which it doesn't need. */
export async function exportEvents(postgresUrl: string, output: Writable, end: boolean): Promise<number> {
  const tally = new Tally()
  const pages = async function* () {
    for await (const records of exportedRecords(postgresUrl)) {
      const lines = records.map(formatEventLine)
      lines.forEach((line) => tally.addLine(line))
      records.forEach((record) => tally.addEvent(record))
      yield lines.map((line) => `${line}\n`).join('')
    }
    yield `${formatClosingLine(tally)}\n`
  }
  await pipeline(pages, output, { end })
  return tally.closing().events
}

/** The log in pages. */
export async function* exportedRecords(postgresUrl: string): AsyncGenerator<LogRecord[]> {
  const database = openDatabase(postgresUrl)
  try {
    let bound = 0
    while (true) {
      const { records, isLast } = await database.read((client) =>
        readAllRange(client, { bound, limit: pageSize, maxBytes: largestPageBytes }, true),
      )
      bound = records.at(-1)?.position ?? bound
      yield records
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
