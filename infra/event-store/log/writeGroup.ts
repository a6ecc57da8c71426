import { randomUUID } from 'node:crypto'
import type { ClientBase } from 'pg'
import {
  judgeComparison,
  judgeExpectedRevision,
  judgeKnownIds,
  type Repetition,
  type StreamSituation,
} from './expectedRevision.ts'
import type { IdCheck, NewStream } from './insertEvents.ts'
import { readEventsWithIds, readIdsFrom } from './logQueries.ts'
import {
  isMetastream,
  metadataType,
  metastreamOf,
  originalOf,
  tombstoneRevision,
  tombstoneType,
  type LogRecord,
} from './logRecord.ts'
import { PendingIds } from './pendingIds.ts'
import { absentStream, isTombstoned, metastreamContent, type StreamState } from './streamDirectory.ts'
import { softDeletedContent, withTruncateBefore } from './streamMetadata.ts'
import type { ProposedEvent, WriteCommand, WriteOutcome } from './writeCommand.ts'
import { uuidBytes, uuidText } from '../wire/uuid.ts'

const emptyBytes = Buffer.alloc(0)

export interface GroupStart {
  states: Map<string, StreamState>
  lastPosition: number
  lastStreamKey: number
  createdMicros: number
  /** Ids that an earlier attempt of this group met in the database, by stream; undefined on the first attempt. */
  repeatedIds: ReadonlySet<string> | undefined
}

/** Decides a run of commands against the state of their streams and collects what one transaction will write. */
export class WriteGroup {
  readonly records: LogRecord[] = []
  readonly newStreams: NewStream[] = []
  readonly checks: IdCheck[] = []
  readonly outcomes: WriteOutcome[] = []
  bytes = 0
  private readonly client: ClientBase
  private readonly start: GroupStart
  private readonly changed = new Map<string, StreamState>()
  private readonly pendingIds = new Map<string, PendingIds>()
  private lastStreamKey: number

  constructor(client: ClientBase, start: GroupStart) {
    this.client = client
    this.start = start
    this.lastStreamKey = start.lastStreamKey
  }

  get changedStreams(): Iterable<StreamState> {
    return this.changed.values()
  }

  /** False when the command can only be decided after this group is written. */
  async add(command: WriteCommand): Promise<boolean> {
    const situation = this.situationOf(command.stream)
    const verdict = judgeExpectedRevision(situation, command.expected, idsOf(command).length)
    switch (verdict.kind) {
      case 'streamDeleted':
        return this.settle({ kind: 'streamDeleted', stream: command.stream })
      case 'wrongVersion':
        return this.settle({ kind: 'wrongVersion', current: situation.stream.lastRevision })
      case 'nothingToWrite':
        return this.settle({
          kind: 'written',
          revision: situation.stream.lastRevision,
          position: situation.stream.lastPosition || undefined,
        })
      case 'write':
        return this.write(command, situation)
      case 'writeUnlessKnown':
        return this.writeUnlessKnown(command, situation)
      case 'compare': {
        if (this.pendingIds.has(command.stream)) return false
        const ids = idsOf(command)
        const stored = await readIdsFrom(this.client, situation.stream.key ?? 0, verdict.from, ids.length)
        const repetition = judgeComparison(ids, stored, command.expected, situation.isSoftDeleted)
        return this.conclude(command, situation, repetition)
      }
    }
  }

  private async writeUnlessKnown(command: WriteCommand, situation: StreamSituation): Promise<boolean> {
    const ids = idsOf(command)
    const [first] = ids
    const { key } = situation.stream
    if (command.kind !== 'append' || !first || key === undefined) return this.write(command, situation)
    if (this.pendingIds.get(command.stream)?.has(first)) return false
    if (!this.start.repeatedIds) {
      this.checks.push({ key, id: first })
      return this.write(command, situation)
    }
    if (!this.start.repeatedIds.has(repeatedIdKey(key, first))) return this.write(command, situation)
    if (this.pendingIds.has(command.stream)) return false
    const known = await readEventsWithIds(this.client, key, ids.map(uuidText))
    return this.conclude(command, situation, judgeKnownIds(ids, known))
  }

  private conclude(command: WriteCommand, situation: StreamSituation, repetition: Repetition): boolean {
    if (repetition.kind === 'write') return this.write(command, situation)
    if (repetition.kind === 'wrongVersion') {
      return this.settle({ kind: 'wrongVersion', current: situation.stream.lastRevision })
    }
    const { revision, position } = repetition.last
    const isReadable = !situation.isSoftDeleted
    return this.settle({ kind: 'written', revision, position: isReadable ? position : undefined })
  }

  private write(command: WriteCommand, situation: StreamSituation): boolean {
    if (command.kind === 'softDelete') return this.softDelete(command.stream, situation)
    if (command.kind === 'tombstone') return this.tombstone(command.stream)
    const written = this.append(command.stream, command.events)
    if (situation.isSoftDeleted) this.revive(command.stream, situation.stream.lastRevision + 1)
    else if (situation.stream.content.isSoftDeleted) this.reviveOwner(command)
    return this.settle({ kind: 'written', revision: written.lastRevision, position: written.lastPosition })
  }

  private softDelete(stream: string, { stream: state, hasMetadata }: StreamSituation): boolean {
    if (state.lastRevision < 0 && !hasMetadata) return this.settle({ kind: 'wrongVersion', current: -1 })
    const written = this.append(metastreamOf(stream), [metadataEvent(softDeletedContent)])
    return this.settle({ kind: 'written', revision: written.lastRevision, position: written.lastPosition })
  }

  private tombstone(stream: string): boolean {
    const event = { ...metadataEvent(emptyBytes), type: tombstoneType, isJson: false }
    const written = this.append(stream, [event], tombstoneRevision)
    return this.settle({ kind: 'written', revision: tombstoneRevision, position: written.lastPosition })
  }

  /** A soft-deleted stream that is written to lives on from its first new event. */
  private revive(stream: string, firstRevision: number): void {
    const metastream = this.stateOf(metastreamOf(stream))
    const content = withTruncateBefore(metastream.softDeletedBytes ?? emptyBytes, firstRevision)
    this.append(metastream.name, [metadataEvent(content)])
  }

  /** Metadata written to a soft-deleted stream brings it back empty. */
  private reviveOwner(command: WriteCommand): void {
    const last = command.events.at(-1)
    if (!last) return
    const owner = this.stateOf(originalOf(command.stream))
    this.append(command.stream, [metadataEvent(withTruncateBefore(last.data, owner.lastRevision + 1))])
  }

  private append(name: string, events: readonly ProposedEvent[], fixedRevision?: number): StreamState {
    const before = this.stateOf(name)
    const key = before.key ?? this.addStream(name)
    const ids = this.pendingIds.get(name) ?? new PendingIds()
    ids.add(events)
    let revision = before.lastRevision
    for (const event of events) {
      revision = fixedRevision ?? revision + 1
      this.bytes += event.data.length + event.metadata.length
      this.records.push({
        position: this.start.lastPosition + this.records.length + 1,
        streamKey: key,
        streamName: name,
        revision,
        createdMicros: this.start.createdMicros,
        ...event,
      })
    }
    this.pendingIds.set(name, ids)
    const last = events.at(-1)
    const described = last && isMetastream(name) ? metastreamContent(last.data) : {}
    const lastPosition = this.start.lastPosition + this.records.length
    const state = { ...before, key, lastRevision: revision, lastPosition, ...described }
    this.changed.set(name, state)
    return state
  }

  private addStream(name: string): number {
    this.lastStreamKey++
    this.newStreams.push({ key: this.lastStreamKey, name })
    return this.lastStreamKey
  }

  private situationOf(name: string): StreamSituation {
    const stream = this.stateOf(name)
    if (isMetastream(name)) {
      const owner = this.stateOf(originalOf(name))
      return { stream, isSoftDeleted: false, hasMetadata: false, isOwnerTombstoned: isTombstoned(owner) }
    }
    const metastream = this.stateOf(metastreamOf(name))
    return {
      stream,
      isSoftDeleted: metastream.content.isSoftDeleted,
      hasMetadata: metastream.lastRevision >= 0,
      isOwnerTombstoned: false,
    }
  }

  private stateOf(name: string): StreamState {
    return this.changed.get(name) ?? this.start.states.get(name) ?? absentStream(name)
  }

  private settle(outcome: WriteOutcome): true {
    this.outcomes.push(outcome)
    return true
  }
}

/** Deleting proposes no event of its own for comparison: with a fresh id it never counts as a repetition. */
function idsOf(command: WriteCommand): Buffer[] {
  return command.kind === 'append' ? command.events.map((event) => event.id) : [freshId()]
}

function metadataEvent(data: Buffer): ProposedEvent {
  return { id: freshId(), type: metadataType, isJson: true, data, metadata: emptyBytes }
}

function freshId(): Buffer {
  return uuidBytes(randomUUID())
}

export function repeatedIdKey(streamKey: number, id: Buffer): string {
  return `${streamKey}:${id.toString('latin1')}`
}
