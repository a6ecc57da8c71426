import { isMetastream, metastreamOf, tombstoneRevision } from './logRecord.ts'
import {
  emptyMetadata,
  metastreamMetadata,
  parseStreamMetadata,
  type StreamMetadata,
} from './streamMetadata.ts'

export interface StreamState {
  readonly name: string
  readonly key: number | undefined
  /** -1 when nothing was ever written, `tombstoneRevision` after a tombstone. */
  readonly lastRevision: number
  readonly lastPosition: number
  /** Of a metastream: what its last event says about its stream. */
  readonly content: StreamMetadata
  /** Of a metastream that marks its stream as soft-deleted: the bytes, to be kept when the stream revives. */
  readonly softDeletedBytes: Buffer | undefined
}

export type LoadStreams = (names: readonly string[]) => Promise<StreamRow[]>

export interface StreamRow {
  name: string
  key: number | undefined
  lastRevision: number
  lastPosition: number
  lastData: Buffer | undefined
}

const defaultCapacity = 20_000

export function absentStream(name: string): StreamState {
  return {
    name,
    key: undefined,
    lastRevision: -1,
    lastPosition: 0,
    content: emptyMetadata,
    softDeletedBytes: undefined,
  }
}

export function metastreamContent(data: Buffer): Pick<StreamState, 'content' | 'softDeletedBytes'> {
  const content = parseStreamMetadata(data)
  return { content, softDeletedBytes: content.isSoftDeleted ? Buffer.from(data) : undefined }
}

export function isTombstoned(state: StreamState): boolean {
  return state.lastRevision === tombstoneRevision
}

/** The heads of the streams used last; everything else stays in the database. */
export class StreamDirectory {
  private readonly load: LoadStreams
  private readonly capacity: number
  private readonly states = new Map<string, StreamState>()
  private readonly loading = new Map<string, symbol>()

  constructor(load: LoadStreams, capacity = defaultCapacity) {
    this.load = load
    this.capacity = capacity
  }

  async get(name: string): Promise<StreamState> {
    const known = this.recall(name)
    if (known) return known
    const states = await this.getAll([name])
    return states.get(name) ?? absentStream(name)
  }

  /** `load` is for who must not wait behind other readers. */
  async getAll(names: Iterable<string>, load = this.load): Promise<Map<string, StreamState>> {
    const found = new Map<string, StreamState>()
    const missing: string[] = []
    for (const name of new Set(names)) {
      const known = this.recall(name)
      if (known) found.set(name, known)
      // PostgreSQL's text has no NUL, so there is no such stream, and asking would fail for the others too.
      else if (name.includes('\0')) found.set(name, absentStream(name))
      else missing.push(name)
    }
    if (missing.length > 0) await this.fetch(missing, found, load)
    return found
  }

  /** What the metadata of a stream says; a metastream keeps one event and has no metadata of its own. */
  async metadataOf(name: string): Promise<StreamMetadata> {
    if (isMetastream(name)) return metastreamMetadata
    return (await this.get(metastreamOf(name))).content
  }

  /** Called by the writer after a commit; wins over loads that started before it. */
  put(state: StreamState): void {
    this.loading.delete(state.name)
    this.remember(state)
  }

  clear(): void {
    this.loading.clear()
    this.states.clear()
  }

  private async fetch(missing: string[], found: Map<string, StreamState>, load: LoadStreams): Promise<void> {
    const token = Symbol('load')
    for (const name of missing) this.loading.set(name, token)
    const rows = await load(missing)
    for (const row of rows) {
      const state = toState(row)
      const isCurrent = this.loading.get(row.name) === token
      if (isCurrent) {
        this.loading.delete(row.name)
        this.remember(state)
      }
      found.set(row.name, isCurrent ? state : (this.states.get(row.name) ?? state))
    }
  }

  private recall(name: string): StreamState | undefined {
    const state = this.states.get(name)
    if (state) {
      this.states.delete(name)
      this.states.set(name, state)
    }
    return state
  }

  private remember(state: StreamState): void {
    this.states.delete(state.name)
    this.states.set(state.name, state)
    if (this.states.size <= this.capacity) return
    const oldest = this.states.keys().next()
    if (!oldest.done) this.states.delete(oldest.value)
  }
}

function toState(row: StreamRow): StreamState {
  const { name, key, lastRevision, lastPosition } = row
  const described =
    isMetastream(name) && row.lastData
      ? metastreamContent(row.lastData)
      : { content: emptyMetadata, softDeletedBytes: undefined }
  return { name, key, lastRevision, lastPosition, ...described }
}
