import { Worker } from 'node:worker_threads'
import type { AnalysisTask, ThreadAnswer, ThreadFault, ThreadReady } from './messages.ts'
import { startClock } from './threadClock.ts'

/** Why a text was given up; `busy` and `starved` say nothing about it: others were before it, or its thread got no processor. */
export type GivenUp = 'time' | 'memory' | 'depth' | 'busy' | 'starved'

/** `failed` says nothing about the text: the parser itself, or its thread, came to an end. */
export type Analysed = { answer: unknown } | { givenUp: GivenUp } | { failed: Error }

interface Job {
  task: AnalysisTask
  /** Until it is looked at. */
  patience: NodeJS.Timeout
  settle: (outcome: Analysed) => void
}

/** The text that is looked at. */
interface Work {
  job: Job
  timer: NodeJS.Timeout
  beganMs: number
  /** Processor time that it has taken, in milliseconds. */
  usedMs: () => number
}

/** Most processor time for one text, in milliseconds; many times what an honest one of 256 KiB takes. */
const deadlineMs = 500
/** How long a text waits for a machine so busy that its thread hardly runs; and before that for the texts before it. */
const usualPatienceMs = 20_000
/** A thread for long texts is needed seldom, and holds memory. */
const idleMs = 30_000
/**
 * Lowers the priority of a thread for long texts by 10 before it loads anything: whoever sends one waits, and nobody else. Linux has a
 * priority for each thread, and 0 stands for the one that asks; nothing depends on it.
 */
const lowersItself = `
if (process.platform === 'linux') {
  const { constants, getPriority, setPriority } = require('node:os')
  try {
    setPriority(0, Math.min(constants.priority.PRIORITY_LOW, getPriority(0) + 10))
  } catch {}
}
`
const maxWaiting = 200
const maxHeldBytes = 40 * 1024 * 1024
/** Honest texts of the largest size were measured to take 25 MB of these, and of the parser's own memory none beyond what it begins with. */
const resourceLimits = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 8, stackSizeMb: 8 }

/**
 * One thread for one kind of text, and the texts that wait for it. It is replaced after a text that it couldn't end, or that made it large. In the background it
 * has a lower priority, works at most half of the time, begins with the first text, and ends when there are none.
 */
export class AnalysisLane {
  readonly #code: () => Promise<string>
  readonly #isBackground: boolean
  readonly #patienceMs: number
  readonly #waiting: Job[] = []
  #worker: Worker | null = null
  #threadId: string | null = null
  #isStarting = false
  #isReady = false
  #hasFailed = false
  #isClosed = false
  #ending: Promise<unknown> | null = null
  #idle: NodeJS.Timeout | undefined
  #current: Work | null = null
  #resting: NodeJS.Timeout | null = null

  /** `code` is what its threads run. */
  constructor(
    code: () => Promise<string>,
    { isBackground, patienceMs = usualPatienceMs }: { isBackground: boolean; patienceMs?: number },
  ) {
    this.#code = code
    this.#isBackground = isBackground
    this.#patienceMs = patienceMs
  }

  analyse(task: AnalysisTask): Promise<Analysed> {
    if (this.#waiting.length >= maxWaiting || this.#isClosed) return Promise.resolve({ givenUp: 'busy' })
    return new Promise((settle) => {
      const job = { task, settle, patience: setTimeout(() => this.#giveUpWaiting(job), this.#patienceMs) }
      this.#waiting.push(job)
      this.#next()
    })
  }

  /** Resolves when its thread has ended; what waits is refused. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const job of [...this.#waiting]) this.#giveUpWaiting(job)
    this.#end({ givenUp: 'busy' }, 'replace')
    await this.#ending
  }

  /** Loads the parser before the first text comes. */
  start(): void {
    // Memory of the one that ends is not to be counted twice.
    if (this.#ending !== null || this.#worker !== null || this.#isStarting || this.#isClosed) return
    this.#isStarting = true
    this.#code().then(
      (code) => {
        this.#isStarting = false
        if (!this.#isClosed) this.#worker = this.#newWorker(code)
      },
      (error: unknown) => {
        this.#isStarting = false
        this.#lost(error instanceof Error ? error : new Error(String(error)))
      },
    )
  }

  #next(): void {
    clearTimeout(this.#idle)
    if (this.#waiting.length > 0 || (!this.#isBackground && !this.#hasFailed)) this.start()
    if (!this.#isReady || this.#current || this.#resting) return
    const job = this.#waiting.shift()
    if (!job) {
      this.#worker?.unref()
      if (this.#isBackground) this.#idle = setTimeout(() => this.#discard(), idleMs).unref()
      return
    }
    clearTimeout(job.patience)
    this.#worker?.ref()
    this.#current = {
      job,
      timer: setTimeout(() => this.#check(), deadlineMs),
      beganMs: performance.now(),
      usedMs: startClock(this.#threadId),
    }
    this.#worker?.postMessage(job.task)
  }

  #check(): void {
    const current = this.#current
    if (!current) return
    const usedMs = current.usedMs()
    const hasWaitedMs = performance.now() - current.beganMs
    if (usedMs >= deadlineMs) this.#end({ givenUp: 'time' }, 'replace')
    else if (hasWaitedMs >= this.#patienceMs) this.#end({ givenUp: 'starved' }, 'replace')
    else current.timer = setTimeout(() => this.#check(), Math.max(10, deadlineMs - usedMs))
  }

  #giveUpWaiting(job: Job): void {
    clearTimeout(job.patience)
    this.#waiting.splice(this.#waiting.indexOf(job), 1)
    job.settle({ givenUp: 'busy' })
  }

  /** One long text after the other would hold a core; so they hold half of one. */
  #rest(current: Work): void {
    const restMs = Math.min(deadlineMs, current.usedMs())
    this.#resting = setTimeout(() => {
      this.#resting = null
      this.#next()
    }, restMs)
  }

  #end(outcome: Analysed, then: 'keep' | 'replace'): void {
    const current = this.#current
    this.#current = null
    if (current && this.#isBackground) this.#rest(current)
    if (then === 'replace') this.#discard()
    if (current) {
      clearTimeout(current.timer)
      current.job.settle(outcome)
    }
    this.#next()
  }

  #discard(): void {
    const worker = this.#worker
    this.#worker = null
    this.#isReady = false
    worker?.removeAllListeners()
    // What a thread says after its end is of no interest, but an unheard error would end the process.
    worker?.on('error', () => undefined)
    if (!worker) return
    const ending = worker.terminate().finally(() => {
      this.#ending = null
      this.#next()
    })
    this.#ending = ending
  }

  #newWorker(code: string): Worker {
    const worker = new Worker(this.#isBackground ? `{${lowersItself}}\n${code}` : code, {
      eval: true,
      env: {},
      execArgv: [],
      resourceLimits,
    })
    worker.on('message', (message: ThreadReady | ThreadAnswer | ThreadFault) => this.#hear(message))
    worker.on('error', (error: Error) => this.#lost(error))
    worker.on('exit', () => this.#lost(new Error('The thread that reads texts has ended.')))
    return worker
  }

  #hear(message: ThreadReady | ThreadAnswer | ThreadFault): void {
    if ('threadId' in message) {
      this.#threadId = message.threadId
      this.#isReady = true
      this.#hasFailed = false
      this.#next()
    } else if ('fault' in message) {
      const { fault } = message
      this.#end(fault === 'depth' ? { givenUp: 'depth' } : { failed: new Error(fault) }, 'replace')
    } else {
      this.#end({ answer: message.answer }, message.heldBytes > maxHeldBytes ? 'replace' : 'keep')
    }
  }

  #lost(error: Error): void {
    const outOfMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    if (this.#isReady) {
      this.#end(outOfMemory ? { givenUp: 'memory' } : { failed: error }, 'replace')
      return
    }
    // It never came to work: every text that waits would wait for ever.
    this.#hasFailed = true
    this.#discard()
    for (const job of this.#waiting.splice(0)) {
      clearTimeout(job.patience)
      job.settle({ failed: error })
    }
  }
}
