import type { GrpcCall } from '../transport/grpcCall.ts'
import { Wakeup } from '../transport/wakeup.ts'
import { FrameBatch } from '../wire/frameBatch.ts'

const fullBytes = 64 * 1024

/** What a read or subscription is about to send; waits for slow consumers instead of piling up. */
export class Outbox {
  readonly frames = new FrameBatch()
  readonly wakeup = new Wakeup()
  private readonly call: GrpcCall

  constructor(call: GrpcCall) {
    this.call = call
    call.onEnded(this.wakeup.wake)
    call.onDrain(this.wakeup.wake)
  }

  get isOver(): boolean {
    return this.call.ended
  }

  /** True when it is time to flush. */
  get isFull(): boolean {
    return this.frames.bytes >= fullBytes
  }

  async flush(): Promise<void> {
    if (this.frames.bytes > 0) this.call.sendFrames(this.frames.take())
    while (!this.call.ended && !this.call.writable) await this.wakeup.wait()
  }
}
