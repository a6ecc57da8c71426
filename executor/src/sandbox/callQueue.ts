import type { ExecutionError } from '@sre-portal/contracts'
import type { SandboxProcess } from './sandboxProcess.ts'

const maxWaiting = 64
const keptFailures = 64
const maxFailuresLength = 1024 * 1024

/** Runs a script's calls one after the other, and holds back the script's output while too many wait. */
export class CallQueue {
  readonly #process: SandboxProcess
  readonly #describe: (error: unknown) => ExecutionError
  readonly #waiting: { id: number; work: () => Promise<string> }[] = []
  #running: Promise<void> | null = null
  #closed = false
  #paused = false
  #accepted = 0
  #unanswered = 0
  readonly #failures = new Map<number, { error: ExecutionError; length: number }>()
  #failuresLength = 0

  constructor(process: SandboxProcess, describe: (error: unknown) => ExecutionError) {
    this.#process = process
    this.#describe = describe
  }

  get accepted(): number {
    return this.#accepted
  }

  /** Calls that wait or are under way: as long as there are any, the script can't be over. */
  get unanswered(): number {
    return this.#unanswered
  }

  /** What was answered to a call that failed, for the last of those; null when it did not fail, or long ago. */
  failureOf(id: number): ExecutionError | null {
    return this.#failures.get(id)?.error ?? null
  }

  add(id: number, work: () => Promise<string>): void {
    if (this.#closed) return
    this.#accepted += 1
    this.#unanswered += 1
    this.#waiting.push({ id, work })
    if (this.#waiting.length >= maxWaiting && !this.#paused) {
      this.#paused = true
      this.#process.pause()
    }
    this.#running ??= this.#drain()
  }

  /** Drops what waits and lets the call that is under way come to its end. */
  async close(): Promise<void> {
    this.#closed = true
    this.#waiting.length = 0
    await this.#running
  }

  async #drain(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      await this.#process.write(await this.#answer(next.id, next.work))
      if (this.#paused && this.#waiting.length < maxWaiting / 2) {
        this.#paused = false
        this.#process.resume()
      }
    }
    this.#running = null
  }

  async #answer(id: number, work: () => Promise<string>): Promise<string> {
    try {
      return `{"id":${id},"ok":${await work()}}`
    } catch (error) {
      const described = this.#describe(error)
      const answer = JSON.stringify({ id, error: described })
      this.#keep(id, { error: described, length: answer.length })
      return answer
    } finally {
      this.#unanswered -= 1
    }
  }

  #keep(id: number, failure: { error: ExecutionError; length: number }): void {
    this.#failures.set(id, failure)
    this.#failuresLength += failure.length
    for (const [oldest, { length }] of this.#failures) {
      const fits = this.#failures.size <= keptFailures && this.#failuresLength <= maxFailuresLength
      if (fits || oldest === id) return
      this.#failures.delete(oldest)
      this.#failuresLength -= length
    }
  }
}
