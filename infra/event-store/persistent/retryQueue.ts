import type { GroupMessage } from './message.ts'

/** Messages to deliver again, oldest first. */
export class RetryQueue {
  private messages: GroupMessage[] = []

  get size(): number {
    return this.messages.length
  }

  add(message: GroupMessage): void {
    const { position } = message.original
    const after = this.messages.findLastIndex((other) => other.original.position <= position)
    this.messages.splice(after + 1, 0, message)
  }

  clear(): void {
    this.messages = []
  }

  /** Hands out what `take` accepts, in order; without overtaking the first refusal ends it. */
  drain(take: (message: GroupMessage) => boolean, allowsOvertaking: boolean): boolean {
    const { kept, isBlocked } = drainMessages(this.messages, take, allowsOvertaking)
    this.messages = kept
    return isBlocked
  }
}

export function drainMessages(
  messages: GroupMessage[],
  take: (message: GroupMessage) => boolean,
  allowsOvertaking: boolean,
): { kept: GroupMessage[]; isBlocked: boolean } {
  if (!allowsOvertaking) {
    let taken = 0
    for (const message of messages) {
      if (!take(message)) break
      taken++
    }
    return { kept: taken === 0 ? messages : messages.slice(taken), isBlocked: taken < messages.length }
  }
  return { kept: messages.filter((message) => !take(message)), isBlocked: false }
}
