/** Shapes of the decoded messages of the .proto files: 64-bit numbers are decimal strings, a oneof names its member. */
export type Empty = Record<string, never>

export interface StreamIdentifier {
  streamName: Buffer
}

export interface PositionMessage {
  commitPosition: string
  preparePosition: string
}

export interface FilterMessage {
  filter?: 'streamIdentifier' | 'eventType'
  streamIdentifier?: ExpressionMessage
  eventType?: ExpressionMessage
  window?: 'max' | 'count'
  max?: number
  checkpointIntervalMultiplier: number
}

export interface ExpressionMessage {
  regex: string
  prefix: string[]
}

export interface StreamPointMessage {
  streamIdentifier: StreamIdentifier | null
  revisionOption?: 'revision' | 'start' | 'end'
  revision?: string
}

export interface AllPointMessage {
  allOption?: 'position' | 'start' | 'end'
  position?: PositionMessage
}

export interface ReadRequest {
  options: {
    streamOption?: 'stream' | 'all'
    stream?: StreamPointMessage
    all?: AllPointMessage
    readDirection: 'Forwards' | 'Backwards' | number
    resolveLinks: boolean
    countOption?: 'count' | 'subscription'
    count?: string
    filterOption?: 'filter' | 'noFilter'
    filter?: FilterMessage
    uuidOption: { content?: 'structured' | 'string' } | null
    controlOption: { compatibility: number } | null
  } | null
}

export interface ChangeStreamRequest {
  options: {
    streamIdentifier: StreamIdentifier | null
    expectedStreamRevision?: 'revision' | 'noStream' | 'any' | 'streamExists'
    revision?: string
  } | null
}

export interface PositionResponse {
  position: PositionMessage
}

export function toPositionMessage(position: number): PositionMessage {
  return { commitPosition: String(position), preparePosition: String(position) }
}
