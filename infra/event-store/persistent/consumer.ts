import type { GrpcCall } from '../transport/grpcCall.ts'
import { FrameBatch } from '../wire/frameBatch.ts'
import { encodeReadEvent } from '../wire/readEventEncoder.ts'
import type { GroupMessage } from './message.ts'
import { Throughput } from './throughput.ts'

const measuredMessages = 1000

export interface ConsumerOptions {
  call: GrpcCall
  slots: number
  structuredIds: boolean
  userName: string
  connectionName: string
}

/** One connected reader of a group, with the messages it has not answered yet. */
export class Consumer {
  readonly options: ConsumerOptions
  readonly inFlight = new Map<string, GroupMessage>()
  readonly throughput = new Throughput()
  /** How long the last answered messages took, in milliseconds. */
  readonly latencies: number[] = []
  private readonly frames = new FrameBatch()

  constructor(options: ConsumerOptions) {
    this.options = options
  }

  get freeSlots(): number {
    return Math.max(0, this.options.slots - this.inFlight.size)
  }

  get canTake(): boolean {
    return this.inFlight.size < this.options.slots && this.options.call.writable && !this.options.call.ended
  }

  take(message: GroupMessage, nowMs: number): void {
    message.sentAtMs = nowMs
    this.inFlight.set(message.idKey, message)
    this.throughput.count()
    const { structuredIds } = this.options
    encodeReadEvent(this.frames, message.outgoing, { structuredIds, retryCount: message.retryCount })
  }

  flush(): void {
    if (this.frames.bytes > 0) this.options.call.sendFrames(this.frames.take())
  }

  answered(idKey: string, nowMs: number): GroupMessage | undefined {
    const message = this.inFlight.get(idKey)
    if (!message) return undefined
    this.inFlight.delete(idKey)
    this.latencies.push(nowMs - message.sentAtMs)
    if (this.latencies.length > measuredMessages) this.latencies.shift()
    return message
  }
}
