import { plainError } from '@sre-portal/analysis/plainError'
import type { ExecutionError, ExecutionLimits, LogLine } from '@sre-portal/contracts'
import { stopCodes, stopMessage, stopReasonOf, type RunReport } from '../runControl.ts'
import { cutText } from '../results/statementHead.ts'
import { CallQueue } from './callQueue.ts'
import { parseFrame, type Frame } from './frames.ts'
import { describeEnd } from './processEnd.ts'
import type { ChannelFault, SandboxProcess } from './sandboxProcess.ts'
import type { ScriptDatabase } from './scriptDatabase.ts'
import { describeFailure } from './scriptError.ts'

/** One approved script. */
export interface ScriptJob {
  source: string
  params: Record<string, string>
  limits: ExecutionLimits
}

const maxLineBytes = 4 * 1024 * 1024
const maxTotalBytes = 64 * 1024 * 1024
const maxFaults = 100
const maxLogLines = 20_000

type Verdict = { returned: string | null } | { error: ExecutionError }

/** Runs a script in `process` against `database`, and reports what the broker saw. Ends with the process gone. */
export async function runScript(
  job: ScriptJob,
  process: SandboxProcess,
  database: ScriptDatabase,
  signal: AbortSignal,
): Promise<RunReport> {
  const run = new ScriptRun(job, process, database, signal)
  const began = performance.now()
  const verdict = await run.verdict()
  const outcome = 'error' in verdict ? await database.abandon(verdict.error) : await database.finish()
  const error = outcome.fate === 'failed' ? outcome.error : 'error' in verdict ? verdict.error : null
  return {
    outcome,
    head: {
      engine: database.engine,
      statements: database.heads,
      returned: 'error' in verdict ? null : verdict.returned,
      logs: run.logs,
      logsCut: run.logsCut,
      notices: database.notices,
      ...(database.noticeDetails && { noticeDetails: database.noticeDetails }),
      error,
      durationMs: performance.now() - began,
    },
  }
}

class ScriptRun {
  readonly logs: LogLine[] = []
  logsCut = false
  readonly #job: ScriptJob
  readonly #process: SandboxProcess
  readonly #database: ScriptDatabase
  readonly #signal: AbortSignal
  readonly #calls: CallQueue
  readonly #startedAt = performance.now()
  #logBytes = 0
  #faults = 0
  #decide: (verdict: Verdict) => void = () => undefined
  #decided = false
  #ending = false

  constructor(job: ScriptJob, process: SandboxProcess, database: ScriptDatabase, signal: AbortSignal) {
    this.#job = job
    this.#process = process
    this.#database = database
    this.#signal = signal
    this.#calls = new CallQueue(process, (error) => database.describe(error))
  }

  /** What the script says, or what ended it. The process is gone and no call is under way when this resolves. */
  async verdict(): Promise<Verdict> {
    const decided = new Promise<Verdict>((resolve) => {
      this.#decide = (verdict) => {
        if (this.#decided) return
        this.#decided = true
        resolve(verdict)
      }
    })
    const stop = () => this.#decide({ error: this.#stopped() })
    this.#signal.addEventListener('abort', stop, { once: true })
    if (this.#signal.aborted) stop()
    void this.#process.closed.then((end) => this.#decide({ error: describeEnd(end) }))
    this.#process.read(
      { maxLineBytes, maxTotalBytes },
      (line) => this.#take(line),
      (fault) => this.#decide({ error: faultError(fault) }),
    )
    void this.#process.write(this.#initFrame())
    const verdict = await decided
    this.#signal.removeEventListener('abort', stop)
    this.#process.kill()
    await Promise.all([this.#process.closed, this.#calls.close()])
    return verdict
  }

  #initFrame(): string {
    return JSON.stringify({
      source: this.#job.source,
      params: this.#job.params,
      engine: this.#database.engine,
      maxLogLength: this.#job.limits.maxLogBytes,
    })
  }

  #take(line: string): void {
    if (this.#decided || this.#ending) return
    const frame = parseFrame(line)
    if (!frame || !this.#handle(frame)) this.#fault()
  }

  #handle(frame: Frame): boolean {
    switch (frame.t) {
      case 'log':
        this.#log(frame.level, frame.text)
        return true
      case 'done':
        this.#decide(
          this.#calls.unanswered > 0
            ? { error: unfinished(this.#calls.unanswered) }
            : { returned: frame.value },
        )
        return true
      case 'failed': {
        const { call } = frame.failure
        const answered = call === null ? null : this.#calls.failureOf(call)
        this.#ending = true
        describeFailure(frame.failure, this.#job.source, answered).then(
          (error) => this.#decide({ error }),
          () => this.#decide({ error: plainError(frame.failure.name, frame.failure.message) }),
        )
        return true
      }
      case 'call': {
        const work = this.#database.accept(frame.call)
        if (!work) return false
        if (this.#calls.accepted >= this.#job.limits.maxStatements) {
          this.#decide({ error: tooManyStatements(this.#job.limits.maxStatements) })
        } else this.#calls.add(frame.call.id, work)
        return true
      }
    }
  }

  #log(level: LogLine['level'], text: string): void {
    if (this.logsCut) return
    const bytes = Buffer.byteLength(text) + 1
    if (this.#logBytes + bytes > this.#job.limits.maxLogBytes || this.logs.length >= maxLogLines) {
      this.logsCut = true
      return
    }
    this.#logBytes += bytes
    this.logs.push({
      atMs: Math.round(performance.now() - this.#startedAt),
      level,
      text: cutText(text, maxLineBytes),
    })
  }

  #fault(): void {
    this.#faults += 1
    if (this.#faults <= maxFaults) return
    const message = 'The script wrote too much that is not part of the protocol to its standard output.'
    this.#decide({ error: plainError('PROTOCOL', message) })
  }

  #stopped(): ExecutionError {
    const reason = stopReasonOf(this.#signal) ?? 'time'
    return plainError(stopCodes[reason], stopMessage(reason, this.#job.limits.timeMs))
  }
}

function faultError(fault: ChannelFault): ExecutionError {
  switch (fault) {
    case 'line':
      return plainError('OUTPUT_LIMIT', 'The script sent a single message of more than 4 MiB.')
    case 'total':
      return plainError('OUTPUT_LIMIT', 'The script sent more than 64 MiB of statements and output.')
    case 'stderr':
      return plainError('OUTPUT_LIMIT', 'The script wrote more than 1 MiB to its standard error.')
  }
}

const unfinished = (calls: number) =>
  plainError(
    'UNFINISHED',
    `The script ended while ${calls} of its calls had no answer yet.`,
    'Write await before each call, or return a promise that waits for all of them.',
  )

const tooManyStatements = (limit: number) =>
  plainError(
    'STATEMENT_LIMIT',
    `The script sent more than ${limit} statements.`,
    'Change many rows by one statement.',
  )
