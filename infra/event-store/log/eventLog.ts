import type { OutgoingEvent } from '../wire/readEventEncoder.ts'
import { openDatabase, type LogDatabase } from './database.ts'
import { linkTarget, type LinkTarget } from './linkTarget.ts'
import {
  readAllRange,
  readEnds,
  readEventsAt,
  readStreamRange,
  readStreamRows,
  type Page,
} from './logQueries.ts'
import { isMetastream, originalOf, type LogRecord } from './logRecord.ts'
import { LogTail } from './logTail.ts'
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
    if (view.kind !== 'readable') return Promise.resolve(nothing)
    const lowest = forwards ? Math.max(from, view.firstRevision) : view.firstRevision
    const highest = forwards ? view.lastRevision : Math.min(from, view.lastRevision)
    if (lowest > highest) return Promise.resolve(nothing)
    const { key, name, createdAfterMicros } = view
    return this.database.read((client) =>
      readStreamRange(client, { key, name, from: lowest, to: highest, createdAfterMicros, limit }, forwards),
    )
  }

  readAll(bound: number, limit: number, forwards: boolean): Promise<Page> {
    return this.database.read((client) => readAllRange(client, { bound, limit }, forwards))
  }

  /** Whether a page may be read before it is asked for: not while others wait for one. */
  readonly mayReadAhead = (): boolean => !this.database.isCrowded

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
