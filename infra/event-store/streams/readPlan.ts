import type { AllPointMessage, ReadRequest, StreamPointMessage } from '../wire/messages.ts'
import { defaultWindow, eventFilter, filterWindow, type EventFilter } from './eventFilter.ts'
import { invalidArgument } from './streamErrors.ts'
import { GrpcError, statusCode } from '../transport/grpcStatus.ts'

export interface LogPoint {
  commit: number
  prepare: number
}

export type StreamPoint = number | 'start' | 'end'
export type AllPoint = LogPoint | 'start' | 'end'

interface Shared {
  resolveLinks: boolean
  structuredIds: boolean
}

export type ReadPlan =
  | (Shared & {
      kind: 'readStream'
      stream: string
      from: StreamPoint
      forwards: boolean
      count: number
      compatibility: number
    })
  | (Shared & {
      kind: 'readAll'
      from: AllPoint
      forwards: boolean
      count: number
      filter: EventFilter | undefined
    })
  | (Shared & { kind: 'subscribeStream'; stream: string; after: StreamPoint })
  | (Shared & {
      kind: 'subscribeAll'
      after: AllPoint
      filter: EventFilter | undefined
      checkpointInterval: number
    })

/** Turns the request into one of the four things that can be asked for; every other combination is invalid. */
export function planRead({ options }: ReadRequest): ReadPlan {
  if (!options?.uuidOption?.content) throw invalidArgument('The uuid option is missing')
  const forwards = options.readDirection === 'Forwards' || options.readDirection === 0
  const shared = {
    resolveLinks: options.resolveLinks,
    structuredIds: options.uuidOption.content === 'structured',
  }
  const { streamOption, countOption, filterOption } = options
  const hasFilter = filterOption === 'filter'
  const isSubscription = countOption === 'subscription'
  const isImpossible =
    !streamOption ||
    !countOption ||
    !filterOption ||
    (isSubscription && !forwards) ||
    (hasFilter && streamOption === 'stream')
  if (isImpossible) {
    const filtering = filterOption ?? 'no filter option'
    const direction = forwards ? 'forwards' : 'backwards'
    throw invalidArgument(
      `The combination of ${streamOption ?? 'nothing'}, ${countOption ?? 'nothing'}, ${direction} and ${filtering} is invalid.`,
    )
  }
  if (streamOption === 'stream') {
    const stream = streamName(options.stream)
    const from = streamPoint(options.stream)
    if (isSubscription) return { kind: 'subscribeStream', stream, after: from, ...shared }
    const compatibility = options.controlOption?.compatibility ?? 0
    return {
      kind: 'readStream',
      stream,
      from,
      forwards,
      count: readCount(options.count),
      compatibility,
      ...shared,
    }
  }
  const filter = hasFilter ? eventFilter(options.filter) : undefined
  const from = allPoint(options.all)
  if (!isSubscription)
    return { kind: 'readAll', from, forwards, count: readCount(options.count), filter, ...shared }
  const multiplier = options.filter?.checkpointIntervalMultiplier ?? 1
  if (hasFilter && multiplier < 1)
    throw invalidArgument('The checkpoint interval multiplier must be at least 1')
  const window = hasFilter ? filterWindow(options.filter) : defaultWindow
  return { kind: 'subscribeAll', after: from, filter, checkpointInterval: multiplier * window, ...shared }
}

function streamName(point: StreamPointMessage | undefined): string {
  const name = point?.streamIdentifier?.streamName.toString('utf8') ?? ''
  if (name === '') throw invalidArgument('The name of the stream is missing')
  return name
}

export function streamPoint(point: StreamPointMessage | undefined): StreamPoint {
  if (point?.revisionOption !== 'revision') return point?.revisionOption === 'end' ? 'end' : 'start'
  return wholeOrEnd(point.revision ?? '0')
}

export function allPoint(point: AllPointMessage | undefined): AllPoint {
  if (point?.allOption !== 'position') return point?.allOption === 'end' ? 'end' : 'start'
  const commit = wholeOrEnd(point.position?.commitPosition ?? '0')
  const prepare = wholeOrEnd(point.position?.preparePosition ?? '0')
  return commit === 'end' || prepare === 'end' ? 'end' : { commit, prepare }
}

const end = 2n ** 64n - 1n
const largest = 2n ** 63n - 1n

function wholeOrEnd(digits: string): number | 'end' {
  const value = BigInt(digits)
  if (value === end) return 'end'
  if (value > largest) throw invalidArgument(`${digits} is neither a position nor a revision`)
  return Number(value)
}

function readCount(digits: string | undefined): number {
  const count = Number(digits ?? 0)
  if (count === 0) throw new GrpcError(statusCode.unknown, 'The count of events to read must not be 0')
  return count
}

/** The first position that is not before the point. Every event has commit and prepare alike, a point need not. */
export function positionNotBefore({ commit, prepare }: LogPoint): number {
  return prepare <= commit ? commit : commit + 1
}

/** The last position that is not after the point. */
export function positionNotAfter({ commit, prepare }: LogPoint): number {
  return prepare >= commit ? commit : commit - 1
}
