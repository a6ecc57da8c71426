import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { constants, getPriority, setPriority } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import type { LaunchLine } from './launch.ts'
import { LineSplitter } from './lineSplitter.ts'
import { watchMemory } from './memoryWatch.ts'

const maxErrorBytes = 1024 * 1024
const keptErrorBytes = 4000
// Above what the kernel's limit lets a script reach (387 MiB were measured).
const maxResidentBytes = 512 * 1024 * 1024
/** How much lower a script's priority is: whoever computes in it waits for the processor, and not the executor. */
const lowerBy = 5
const lowest = constants.priority.PRIORITY_LOW

/** How a sandbox process ended, and whether it was we who ended it. */
export interface ProcessEnd {
  code: number | null
  signal: NodeJS.Signals | null
  killed: boolean
  /** It was ended because it held too much memory. */
  overMemory: boolean
  /** The end of what it wrote to its standard error, for diagnosis only. */
  errorText: string
}

/** Thrown away by `read` when the script breaks the rules of the channel. */
export type ChannelFault = 'line' | 'total' | 'stderr'

/** One fresh process for one script. It knows nothing until `start` sends it the script. */
export class SandboxProcess {
  readonly startedAt = Date.now()
  readonly closed: Promise<ProcessEnd>
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  #killed = false
  #errorText = ''
  #gone = false
  #overMemory = false

  constructor(line: LaunchLine, mostResidentBytes = maxResidentBytes) {
    // Exactly three descriptors: any further one could be adopted by the script.
    this.#child = spawn(line.command, line.args, {
      cwd: line.cwd,
      env: line.env,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.closed = this.#watch()
    if (this.pid !== undefined) lowerPriority(this.pid)
    if (process.platform === 'linux' && this.pid !== undefined) {
      // When memory runs out, the kernel takes the script and not the executor.
      writeFile(`/proc/${this.pid}/oom_score_adj`, '1000').catch(() => undefined)
      const stop = watchMemory(this.pid, mostResidentBytes, () => {
        this.#overMemory = true
        this.kill()
      })
      void this.closed.then(stop)
    }
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get isAlive(): boolean {
    return !this.#gone
  }

  /** Hands every line of the script's output to `onLine`, until the channel is closed or misused. */
  read(
    limits: { maxLineBytes: number; maxTotalBytes: number },
    onLine: (line: string) => void,
    onFault: (fault: ChannelFault) => void,
  ): void {
    const splitter = new LineSplitter(limits, onLine, onFault)
    this.#child.stdout.on('data', (chunk: Buffer) => splitter.push(chunk))
    let errorBytes = 0
    this.#child.stderr.on('data', (chunk: Buffer) => {
      errorBytes += chunk.length
      if (errorBytes > maxErrorBytes) onFault('stderr')
    })
  }

  /** Sends a line; resolves when the script has room for the next one. */
  async write(line: string): Promise<void> {
    if (this.#gone || !this.#child.stdin.writable) return
    if (this.#child.stdin.write(`${line}\n`)) return
    await Promise.race([once(this.#child.stdin, 'drain').catch(() => undefined), this.closed])
  }

  /** Holds back the script's output while too much of it is unanswered. */
  pause(): void {
    this.#child.stdout.pause()
  }

  resume(): void {
    this.#child.stdout.resume()
  }

  /** Ends the process at once; `closed` tells when it is gone. */
  kill(): void {
    if (this.#gone) return
    this.#killed = true
    this.#child.kill('SIGKILL')
    this.#child.stdout.destroy()
    this.#child.stderr.destroy()
  }

  #watch(): Promise<ProcessEnd> {
    const child = this.#child
    child.stdin.on('error', () => undefined)
    child.stdout.on('error', () => undefined)
    child.stderr.on('error', () => undefined)
    child.stderr.on('data', (chunk: Buffer) => {
      this.#errorText = (this.#errorText + chunk.toString()).slice(-keptErrorBytes)
    })
    return new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        this.#gone = true
        resolve({
          code,
          signal,
          killed: this.#killed,
          overMemory: this.#overMemory,
          errorText: this.#errorText,
        })
      }
      child.once('error', (error) => {
        this.#errorText = error.message
        end(null, null)
      })
      child.once('close', end)
    })
  }
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, Math.min(lowest, getPriority(pid) + lowerBy))
  } catch {
    // It has ended already, or this platform has no such thing; nothing depends on it.
  }
}
