import type { OutgoingEvent } from '../wire/readEventEncoder.ts'
import { openDatabase, type LogDatabase } from './database.ts'
import { linkTarget, type LinkTarget } from './linkTarget.ts'
import { readEnds, readEventsAt, readStreamRows, type Page } from './logQueries.ts'
import { isMetastream, originalOf, type LogRecord } from './logRecord.ts'
import { LogTail } from './logTail.ts'
import { largestPageBytes } from './pageBudget.ts'
import { PagePool, type PageRequest } from './pagePool.ts'
import { PageReader } from './pageReader.ts'
import { allRequest, streamRequest } from './pageRequests.ts'
import { migrate } from './schema.ts'
import { isTombstoned, StreamDirectory } from './streamDirectory.ts'
import { viewStream, type StreamView } from './streamView.ts'
import { Writer } from './writer.ts'

const nothing: Page = { records: [], isLast: true }

/** The one log behind every service: reads in pages, the tail in memory, and the writer. */
export class EventLog {
  readonly tail: LogTail
  readonly directory: StreamDirectory
  readonly writer: Writer
  readonly pages = new PagePool()
  private readonly database: LogDatabase

  constructor(database: LogDatabase, directory: StreamDirectory, tail: LogTail, writer: Writer) {
    this.database = database
    this.directory = directory
    this.tail = tail
    this.writer = writer
  }

  async viewOf(name: string): Promise<StreamView> {
    const state = await this.directory.get(name)
    const metadata = await this.directory.metadataOf(name)
    const isGone =
      isTombstoned(state) || (isMetastream(name) && isTombstoned(await this.directory.get(originalOf(name))))
    return viewStream(state, metadata, isGone, Date.now())
  }

  /** Visible events of a stream from a revision on, itself included, at most `limit`. */
  readStream(view: StreamView, from: number, limit: number, forwards: boolean): Promise<Page> {
    const request = streamRequest(this.database, view, { from, limit, forwards })
    return request ? request.read(() => largestPageBytes) : Promise.resolve(nothing)
  }

  readAll(bound: number, limit: number, forwards: boolean): Promise<Page> {
    return this.allRequest(bound, limit, forwards).read(() => largestPageBytes)
  }

  /** The pages of a stream, for one who reads many of them; they count until they are given back. */
  pagesOfStream(view: StreamView, forwards: boolean): PageReader {
    return new PageReader({
      pool: this.pages,
      request: (from, limit) => streamRequest(this.database, view, { from, limit, forwards }),
      cursorAfter: (last) => last.revision + (forwards ? 1 : -1),
      mayReadAhead: this.mayReadAhead,
    })
  }

  pagesOfAll(forwards: boolean): PageReader {
    return new PageReader({
      pool: this.pages,
      request: (bound, limit) => this.allRequest(bound, limit, forwards),
      cursorAfter: (last) => last.position,
      mayReadAhead: this.mayReadAhead,
    })
  }

  /** Puts the targets of links beside them; a link whose target can't be read stays alone. */
  async resolveLinks(records: readonly LogRecord[]): Promise<OutgoingEvent[]> {
    const targets = records.map(linkTarget)
    if (targets.every((target) => target === undefined)) return records.map(unresolved)
    const found = await this.findTargets(targets.filter((target) => target !== undefined))
    return records.map((record, index) => {
      const target = targets[index]
      return target ? { event: found.get(addressOf(target)), link: record } : unresolved(record)
    })
  }

  async close(): Promise<void> {
    await this.writer.close()
    await this.database.close()
  }

  /** Whether a page may be read before it is asked for: not while others wait for one. */
  private readonly mayReadAhead = (): boolean => !this.database.isCrowded

  private allRequest(from: number, limit: number, forwards: boolean): PageRequest {
    return allRequest(this.database, { from, limit, forwards }, this.tail.lastPosition)
  }

  private async findTargets(targets: readonly LinkTarget[]): Promise<Map<string, LogRecord>> {
    const views = new Map<string, StreamView>()
    for (const { stream } of targets) {
      if (!views.has(stream)) views.set(stream, await this.viewOf(stream))
    }
    const addresses = targets.flatMap(({ stream, revision }) => {
      const view = views.get(stream)
      const isVisible =
        view?.kind === 'readable' && revision >= view.firstRevision && revision <= view.lastRevision
      return isVisible ? [{ key: view.key, revision }] : []
    })
    if (addresses.length === 0) return new Map()
    const records = await this.database.read((client) => readEventsAt(client, addresses))
    const youngEnough = records.filter((record) => {
      const view = views.get(record.streamName)
      return view?.kind === 'readable' && record.createdMicros >= (view.createdAfterMicros ?? 0)
    })
    return new Map(
      youngEnough.map((record) => [
        addressOf({ stream: record.streamName, revision: record.revision }),
        record,
      ]),
    )
  }
}

export function unresolved(record: LogRecord): OutgoingEvent {
  return { event: record, link: undefined }
}

function addressOf({ stream, revision }: LinkTarget): string {
  return `${revision}@${stream}`
}

export async function openEventLog(postgresUrl: string, log: (line: string) => void): Promise<EventLog> {
  const database = openDatabase(postgresUrl)
  try {
    const client = await database.connectWriter()
    await migrate(client)
    const { lastPosition, lastStreamKey } = await readEnds(client)
    const directory = new StreamDirectory((names) =>
      database.readHeads((reader) => readStreamRows(reader, names)),
    )
    const tail = new LogTail(lastPosition)
    const writer = new Writer({ client, database, directory, tail, lastStreamKey, log })
    return new EventLog(database, directory, tail, writer)
  } catch (error) {
    await database.close()
    throw error
  }
}
