import { method, streamsService } from '../wire/definitions.ts'
import { toPositionMessage, type ReadRequest } from '../wire/messages.ts'

export const readCodec = method<ReadRequest, object>(streamsService, 'Read')

export function confirmation(subscriptionId: string): Buffer {
  return readCodec.encode({ confirmation: { subscriptionId } })
}

export function streamNotFound(stream: string): Buffer {
  return readCodec.encode({ streamNotFound: { streamIdentifier: { streamName: Buffer.from(stream) } } })
}

export function checkpoint(position: number): Buffer {
  return readCodec.encode({ checkpoint: toPositionMessage(position) })
}

export function firstStreamPosition(revision: number): Buffer {
  return readCodec.encode({ firstStreamPosition: String(revision) })
}

export function lastStreamPosition(revision: number): Buffer {
  return readCodec.encode({ lastStreamPosition: String(revision) })
}

export const caughtUp = readCodec.encode({ caughtUp: {} })
