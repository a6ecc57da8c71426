import type { RecordedEvent } from '@eventstore/db-client'
import { parseStreamName, type EventType } from '@sre-portal/contracts'

/** What an event means for the work that executors owe. */
export type WorkStep =
  { kind: 'begun'; key: string; eventId: string; stream: string } | { kind: 'ended'; key: string }

/** The events that executors have to answer. */
export const workTypes = ['RequestApproved', 'InstanceTestRequested'] as const satisfies EventType[]

const answerTypes = [
  'ExecutionStarted',
  'RequestCancelled',
  'RequestRejected',
  'RequestWithdrawn',
  'InstanceTested',
] as const satisfies EventType[]

/** Prefixes of a filter that lets all events pass that begin or end such work. */
export const readTypes: string[] = [...workTypes, ...answerTypes]

/** Reads no more of an event than is needed: what can't be decoded waits like everything else, and is told of. */
export function workStepOf({ id, type, streamId, data }: RecordedEvent): WorkStep | null {
  const stream = parseStreamName(streamId)
  if (!stream) return null
  const key = stream.category === 'request' ? streamId : testKey(data)
  if (key === null) return null
  if (workTypes.some((one) => one === type)) return { kind: 'begun', key, eventId: id, stream: streamId }
  return answerTypes.some((one) => one === type) ? { kind: 'ended', key } : null
}

// A request is approved once; an instance can be tested again and again.
const testKey = (data: unknown) =>
  typeof data === 'object' && data !== null && 'testId' in data ? `test-${String(data.testId)}` : null
