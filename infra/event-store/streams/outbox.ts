import type { GrpcCall } from '../transport/grpcCall.ts'
import { Wakeup } from '../transport/wakeup.ts'
import { FrameBatch } from '../wire/frameBatch.ts'
import { encodeReadEvent, type EventEncoding, type OutgoingEvent } from '../wire/readEventEncoder.ts'

const fullBytes = 64 * 1024
const fullBytesInCrowd = 16 * 1024
const crowd = 50
/** A consumer that takes nothing for so long must not hold what others could use. */
const patienceMs = 1000

/** Tells how many read at the same time, and whether they hold much. */
export interface Crowd {
  readonly readerCount: number
  readonly isPressed: boolean
}

/** What a read or subscription is about to send; waits for slow consumers instead of piling up. */
export class Outbox {
  readonly frames = new FrameBatch()
  readonly wakeup = new Wakeup()
  private readonly call: GrpcCall
  private readonly readers: Crowd

  constructor(call: GrpcCall, readers: Crowd) {
    this.call = call
    this.readers = readers
    call.onEnded(this.wakeup.wake)
    call.onDrain(this.wakeup.wake)
  }

  get isOver(): boolean {
    return this.call.ended
  }

  /** False while the consumer has yet to take what was sent. */
  get isMoving(): boolean {
    return this.call.writable
  }

  /** True when it is time to flush. Each reader's frames are its own, so that they are fewer when there are many. */
  get isFull(): boolean {
    return this.frames.bytes >= (this.readers.readerCount > crowd ? fullBytesInCrowd : fullBytes)
  }

  /** Sends what there is and waits until the consumer has taken it. */
  async flush(): Promise<void> {
    this.send()
    while (!this.call.ended && !this.call.writable) await this.wakeup.wait()
  }

  /**
   * Encodes and sends one event after another; answers how many it came to. Fewer than all when the call is over, or when
   * the consumer stands still while others could use what this reader holds: `isMoving` is false then.
   */
  async sendEvents(events: readonly OutgoingEvent[], encoding: EventEncoding): Promise<number> {
    let sent = 0
    for (const event of events) {
      encodeReadEvent(this.frames, event, encoding)
      sent++
      if (this.isFull && !(await this.flushPatiently())) break
      if (this.isOver) break
    }
    return sent
  }

  /** True when the consumer took what there is; false when it is over, or when others need what is held meanwhile. */
  async flushPatiently(): Promise<boolean> {
    this.send()
    if (this.call.writable) return !this.call.ended
    let isImpatient = false
    const timer = setInterval(() => {
      isImpatient = true
      this.wakeup.wake()
    }, patienceMs)
    try {
      while (!this.call.ended && !this.call.writable) {
        if (isImpatient && this.readers.isPressed) return false
        await this.wakeup.wait()
      }
    } finally {
      clearInterval(timer)
    }
    return !this.call.ended
  }

  private send(): void {
    if (this.frames.bytes > 0) this.call.sendFrames(this.frames.take())
  }
}
