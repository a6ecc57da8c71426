import type { ProposedEvent, WriteOutcome } from '../log/writeCommand.ts'
import { enqueueAppend, type ServerContext } from '../serverContext.ts'
import type { Caller } from '../security/access.ts'
import { isMetastream, originalOf } from '../log/logRecord.ts'
import type { GrpcCall } from '../transport/grpcCall.ts'
import { GrpcError } from '../transport/grpcStatus.ts'
import { method, streamsService } from '../wire/definitions.ts'
import type { ProtoReader } from '../wire/protoReader.ts'
import {
  appendedBytes,
  checkAppendOptions,
  readAppendOptions,
  readBatchFrame,
  readBatchFrameHead,
  readProposedEvent,
  type AppendOptions,
  type BatchFrame,
} from './appendRequest.ts'
import {
  accessDeniedFailure,
  badRequestFailure,
  encodeAppendFailure,
  encodeAppendSuccess,
  streamDeletedFailure,
  timeoutFailure,
  tooLargeFailure,
  wrongVersionFailure,
  type AppendFailure,
} from './batchAppendAnswers.ts'
import { notReadyError } from './streamErrors.ts'

export const batchAppendPath = method<object, object>(streamsService, 'BatchAppend').path

const defaultDeadlineMs = 10_000
const deadlineCheckMs = 200
const pauseAtBytes = 16 * 1024 * 1024

interface OpenAppend {
  correlationId: Buffer
  stream: string
  options: AppendOptions
  deadlineMs: number
  events: ProposedEvent[]
  bytes: number
}

export function handleBatchAppend(context: ServerContext, call: GrpcCall): void {
  const session = new BatchAppendSession(context, call)
  call.receive(
    (message) => session.receive(message),
    () => session.halfClose(),
    (head) => session.receiveTooLarge(head),
  )
}

/** One long-lived call that carries the interleaved appends of a client; each is answered once, or never. */
class BatchAppendSession {
  private readonly context: ServerContext
  private readonly call: GrpcCall
  private readonly caller: Caller
  private readonly open = new Map<string, OpenAppend>()
  private readonly committing = new Set<OpenAppend>()
  private readonly deadlineTimer: NodeJS.Timeout
  private committingBytes = 0
  private isPaused = false
  private isHalfClosed = false

  constructor(context: ServerContext, call: GrpcCall) {
    this.context = context
    this.call = call
    this.caller = context.access.identify(call.headers)
    this.deadlineTimer = setInterval(() => this.failOverdue(), deadlineCheckMs)
    call.onEnded(() => clearInterval(this.deadlineTimer))
  }

  receive(message: Buffer): void {
    const frame = readBatchFrame(message)
    if (!frame.correlationId) throw new Error('A frame has no correlation id')
    const key = frame.correlationId.toString('latin1')
    const append = this.open.get(key) ?? this.start(key, frame.correlationId, frame.options)
    if (!append) return
    const failure = this.collect(append, frame)
    if (failure) {
      this.open.delete(key)
      this.fail(append, failure)
    } else if (frame.isFinal) {
      this.open.delete(key)
      this.commit(append)
    }
  }

  /** A frame beyond the limit fails its own append, not the call that it shares with the others. */
  receiveTooLarge(head: Buffer): void {
    const frame = readBatchFrameHead(head)
    if (!frame.correlationId) throw new Error('A frame has no correlation id')
    const key = frame.correlationId.toString('latin1')
    const append = this.open.get(key) ?? this.start(key, frame.correlationId, frame.options)
    if (!append) return
    this.open.delete(key)
    const isLate = append.deadlineMs <= Date.now()
    this.fail(append, isLate ? timeoutFailure : tooLargeFailure(this.context.maxAppendSizeBytes))
  }

  halfClose(): void {
    this.isHalfClosed = true
    this.finishWhenDone()
  }

  /** Frames without options belong to an append that has already failed: its client still sends the rest. */
  private start(key: string, correlationId: Buffer, reader: ProtoReader | undefined): OpenAppend | undefined {
    if (!reader) return undefined
    const nowMs = Date.now()
    const options = readAppendOptions(reader, nowMs)
    const deadlineMs = options.deadlineMs ?? nowMs + defaultDeadlineMs
    const append = { correlationId, stream: options.stream, options, deadlineMs, events: [], bytes: 0 }
    this.open.set(key, append)
    return append
  }

  private collect(append: OpenAppend, frame: BatchFrame): AppendFailure | undefined {
    if (append.deadlineMs <= Date.now()) return timeoutFailure
    try {
      checkAppendOptions(append.options)
      for (const reader of frame.messages) {
        const event = readProposedEvent(reader, append.events.at(-1)?.type)
        append.events.push(event)
        append.bytes += appendedBytes(event)
      }
    } catch (error) {
      return badRequestFailure(error instanceof Error ? error.message : String(error))
    }
    return append.bytes > this.context.maxAppendSizeBytes
      ? tooLargeFailure(this.context.maxAppendSizeBytes)
      : undefined
  }

  private commit(append: OpenAppend): void {
    this.committing.add(append)
    this.committingBytes += append.bytes
    this.applyBackpressure()
    const { access } = this.context
    const { stream } = append
    const permission = isMetastream(stream)
      ? access.requireStream(this.caller, 'metaWrite', originalOf(stream))
      : access.requireStream(this.caller, 'write', stream)
    permission.then(
      () => this.enqueue(append),
      (error: unknown) => {
        if (error instanceof GrpcError) this.answer(append, accessDeniedFailure)
        else this.call.fail(error)
      },
    )
  }

  private enqueue(append: OpenAppend): void {
    const { stream, options, events, bytes, deadlineMs } = append
    const { expected } = options
    enqueueAppend(this.context, { kind: 'append', stream, expected, events, bytes, deadlineMs }, (outcome) =>
      this.settled(append, outcome),
    )
  }

  private settled(append: OpenAppend, outcome: WriteOutcome): void {
    switch (outcome.kind) {
      case 'written':
        if (this.release(append))
          this.call.send(encodeAppendSuccess(append, outcome.revision, outcome.position))
        break
      case 'wrongVersion':
        this.answer(append, wrongVersionFailure(append.options.expected, outcome.current))
        break
      case 'streamDeleted':
        this.answer(append, streamDeletedFailure(outcome.stream))
        break
      case 'refused':
        this.answer(append, badRequestFailure(outcome.reason))
        break
      case 'timedOut':
        this.answer(append, timeoutFailure)
        break
      case 'unavailable':
        this.call.fail(notReadyError(outcome.reason))
        break
    }
    this.finishWhenDone()
  }

  private answer(append: OpenAppend, failure: AppendFailure): void {
    if (this.release(append)) this.fail(append, failure)
  }

  private fail(append: OpenAppend, failure: AppendFailure): void {
    this.call.send(encodeAppendFailure(append, failure))
    this.finishWhenDone()
  }

  /** True the first time only: an append whose deadline passed while it was being committed is already answered. */
  private release(append: OpenAppend): boolean {
    if (!this.committing.delete(append)) return false
    this.committingBytes -= append.bytes
    this.applyBackpressure()
    return true
  }

  private failOverdue(): void {
    const nowMs = Date.now()
    for (const [key, append] of this.open) {
      if (append.deadlineMs > nowMs) continue
      this.open.delete(key)
      this.fail(append, timeoutFailure)
    }
    for (const append of this.committing) {
      if (append.deadlineMs <= nowMs) this.answer(append, timeoutFailure)
    }
  }

  private applyBackpressure(): void {
    const isFull = this.committingBytes > pauseAtBytes
    if (isFull === this.isPaused) return
    this.isPaused = isFull
    if (isFull) this.call.pauseReceiving()
    else this.call.resumeReceiving()
  }

  private finishWhenDone(): void {
    if (this.isHalfClosed && this.open.size === 0 && this.committing.size === 0) this.call.finish()
  }
}
