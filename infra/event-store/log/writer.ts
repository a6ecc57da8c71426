import { DatabaseError, type Client } from 'pg'
import { isConnectionLoss, type LogDatabase } from './database.ts'
import { insertEvents } from './insertEvents.ts'
import { readEnds, readEventsWithIds, readStreamRows } from './logQueries.ts'
import { firstPosition, isMetastream, metastreamOf, originalOf } from './logRecord.ts'
import type { LogTail } from './logTail.ts'
import type { StreamDirectory } from './streamDirectory.ts'
import type { WriteCommand, WriteOutcome } from './writeCommand.ts'
import { repeatedIdKey, WriteGroup } from './writeGroup.ts'
import { WriteTrouble } from './writeTrouble.ts'
import { uuidText } from '../wire/uuid.ts'

const maxGroupEvents = 4000
const maxGroupBytes = 4 * 1024 * 1024
const reconnectDelayMs = 250

export interface WriterParts {
  client: Client
  database: LogDatabase
  directory: StreamDirectory
  tail: LogTail
  lastStreamKey: number
  log: (line: string) => void
}

interface QueuedCommand {
  command: WriteCommand
  settle: (outcome: WriteOutcome) => void
}

/** Turns a flow of appends into groups, each one transaction; whoever appended hears of it after the commit. */
export class Writer {
  private readonly parts: WriterParts
  private client: Client | undefined
  private lastStreamKey: number
  private lastPosition: number
  private queue: QueuedCommand[] = []
  private running: Promise<void> | undefined
  private isClosing = false
  private readonly trouble: WriteTrouble

  constructor(parts: WriterParts) {
    this.parts = parts
    this.trouble = new WriteTrouble(parts.log)
    this.lastStreamKey = parts.lastStreamKey
    this.lastPosition = parts.tail.lastPosition
    this.adopt(parts.client)
  }

  /** True as long as the last write, or a probe after it, has shown that appends are possible. */
  get isWriting(): boolean {
    return this.isAvailable && !this.trouble.isThere
  }

  get isAvailable(): boolean {
    return this.client !== undefined && !this.isClosing
  }

  write(command: WriteCommand): Promise<WriteOutcome> {
    return new Promise((settle) => {
      this.enqueue(command, settle)
    })
  }

  enqueue(command: WriteCommand, settle: (outcome: WriteOutcome) => void): void {
    if (!this.isAvailable) {
      settle({ kind: 'unavailable', reason: 'Server Is Not Ready' })
      return
    }
    this.queue.push({ command, settle })
    this.running ??= this.run()
  }

  /** Refuses further writes, finishes those that were taken, and lets go of the lock. */
  async close(): Promise<void> {
    this.isClosing = true
    this.trouble.close()
    await this.running
    const { client } = this
    this.client = undefined
    await client?.end()
  }

  private async run(): Promise<void> {
    await Promise.resolve()
    while (this.queue.length > 0) await this.writeNextGroup()
    // In the same turn as the check above: whoever enqueues after it has to start a new run.
    this.running = undefined
  }

  private async writeNextGroup(): Promise<void> {
    const { client } = this
    const taken = this.takeGroup()
    if (!client) {
      settleAll(taken, { kind: 'unavailable', reason: 'Server Is Not Ready' })
      return
    }
    try {
      const undecided = await this.writeGroup(client, taken, undefined)
      this.queue.unshift(...undecided)
    } catch (error) {
      if (isRefusal(error)) await this.writeOneByOne(client, taken)
      else await this.recover(client, taken, error)
    }
  }

  /** Nothing of a refused statement is written; so that its neighbours don't suffer, each goes on alone. */
  private async writeOneByOne(client: Client, taken: readonly QueuedCommand[]): Promise<void> {
    for (const [index, queued] of taken.entries()) {
      try {
        await this.writeGroup(client, [queued], undefined)
      } catch (error) {
        if (!isRefusal(error)) return this.recover(client, taken.slice(index), error)
        this.parts.log(`PostgreSQL refused an append to ${queued.command.stream}: ${error.message}`)
        queued.settle({ kind: 'refused', reason: error.message })
      }
    }
  }

  private takeGroup(): QueuedCommand[] {
    let events = 0
    let bytes = 0
    let count = 0
    for (const { command } of this.queue) {
      events += Math.max(1, command.events.length)
      bytes += command.bytes
      if (count > 0 && (events > maxGroupEvents || bytes > maxGroupBytes)) break
      count++
    }
    return this.queue.splice(0, count)
  }

  private async writeGroup(
    client: Client,
    taken: readonly QueuedCommand[],
    repeatedIds: ReadonlySet<string> | undefined,
  ): Promise<QueuedCommand[]> {
    const group = new WriteGroup(client, {
      states: await this.parts.directory.getAll(
        taken.flatMap(({ command }) => involvedStreams(command.stream)),
        // By the session that writes: no reader, however many there are, can hold up an append.
        (names) => readStreamRows(client, names),
      ),
      lastPosition: Math.max(this.lastPosition, firstPosition - 1),
      lastStreamKey: this.lastStreamKey,
      createdMicros: Date.now() * 1000,
      repeatedIds,
    })
    const decided: QueuedCommand[] = []
    for (const queued of taken) {
      if (isOverdue(queued.command)) group.outcomes.push({ kind: 'timedOut' })
      else if (!(await group.add(queued.command))) break
      decided.push(queued)
    }
    const isWritten = await insertEvents(client, group.records, group.newStreams, group.checks)
    if (!isWritten) return this.writeGroup(client, taken, await this.findRepeatedIds(client, group))
    this.committed(group)
    this.trouble.succeeded()
    for (const [index, { settle }] of decided.entries()) {
      const outcome = group.outcomes[index]
      if (outcome) settle(outcome)
    }
    return taken.slice(decided.length)
  }

  private committed(group: WriteGroup): void {
    this.lastPosition = group.records.at(-1)?.position ?? this.lastPosition
    this.lastStreamKey = group.newStreams.at(-1)?.key ?? this.lastStreamKey
    for (const state of group.changedStreams) this.parts.directory.put(state)
    // Behind the answers, which this turn of the event loop sends, and before anything that comes in after them.
    if (group.records.length > 0) setImmediate(() => this.parts.tail.push(group.records))
  }

  private async findRepeatedIds(client: Client, group: WriteGroup): Promise<ReadonlySet<string>> {
    const repeated = new Set<string>()
    for (const { key, id } of group.checks) {
      const known = await readEventsWithIds(client, key, [uuidText(id)])
      if (known.length > 0) repeated.add(repeatedIdKey(key, id))
    }
    return repeated
  }

  /** What became of the group is not known. A lost session also means a lost lock, so everything is looked up anew. */
  private async recover(client: Client, taken: readonly QueuedCommand[], error: unknown): Promise<void> {
    this.trouble.failed(error instanceof Error ? error.message : String(error), () => this.client)
    settleAll(taken, { kind: 'unavailable', reason: 'Server Is Not Ready' })
    this.parts.directory.clear()
    try {
      await this.catchUp(client)
    } catch {
      this.lose(client)
    }
  }

  private adopt(client: Client): void {
    this.client = client
    client.once('end', () => this.lose(client))
  }

  private lose(client: Client): void {
    if (this.client !== client || this.isClosing) return
    this.client = undefined
    this.parts.log(
      'The connection that holds the lock on the log is lost; writes are refused until it is back.',
    )
    client.end().catch(() => undefined)
    void this.reconnect()
  }

  private async reconnect(): Promise<void> {
    while (!this.isClosing) {
      try {
        const client = await this.parts.database.connectWriter()
        await this.catchUp(client)
        if (this.isClosing) await client.end()
        else this.adopt(client)
        this.parts.log('The connection to PostgreSQL is back; writes are accepted again.')
        return
      } catch {
        await new Promise((resolve) => setTimeout(resolve, reconnectDelayMs))
      }
    }
  }

  private async catchUp(client: Client): Promise<void> {
    const { lastPosition, lastStreamKey } = await readEnds(client)
    this.lastPosition = lastPosition
    this.lastStreamKey = lastStreamKey
    this.parts.directory.clear()
    this.parts.tail.restart(lastPosition)
  }
}

function involvedStreams(stream: string): string[] {
  return isMetastream(stream) ? [stream, originalOf(stream)] : [stream, metastreamOf(stream)]
}

/** PostgreSQL has judged the statement and written nothing of it. */
function isRefusal(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && !isConnectionLoss(error)
}

function isOverdue(command: WriteCommand): boolean {
  return command.deadlineMs !== undefined && command.deadlineMs < Date.now()
}

function settleAll(commands: readonly QueuedCommand[], outcome: WriteOutcome): void {
  for (const { settle } of commands) settle(outcome)
}
