import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestPortal } from '@sre-portal/executor/testing/portal'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface ProcessOptions {
  name?: string
  failpoint?: string
  environment?: Record<string, string>
}

/** A real executor in a process of its own, that tests kill, freeze and stop. */
export class ExecutorProcess {
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly ready: Promise<void>
  readonly #child: ChildProcess
  #output = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    this.exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
    this.ready = new Promise((resolve, reject) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString()
        if (this.#output.includes('executor is listening')) resolve()
      })
      child.stderr?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()))
      child.once('exit', () => reject(new Error(`The executor ended before it was ready:\n${this.#output}`)))
    })
    this.ready.catch(() => undefined)
  }

  static start(
    portal: TestPortal,
    { name = 'executor-1', failpoint, environment = {} }: ProcessOptions = {},
  ): ExecutorProcess {
    const child = spawn(process.execPath, ['--import', 'tsx', 'executor/src/main.ts'], {
      cwd: root,
      env: portal.environment({
        LOG_LEVEL: 'info',
        EXECUTOR_ID: name,
        EXECUTOR_JOURNAL_DIR: journalDirectory(portal),
        // Shorter, and a machine that is busy for a second loses it, with the outcome that is right then and not the row's.
        EXECUTOR_LEASE_MS: '3000',
        EXECUTOR_RECOVERY_INTERVAL_MS: '200',
        TARGET_CONNECT_TIMEOUT_MS: '3000',
        ...(failpoint ? { FAILPOINT: failpoint } : {}),
        ...environment,
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return new ExecutorProcess(child)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Everything that it logged, for the message of a failed test. */
  get output(): string {
    return this.#output
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async kill(): Promise<void> {
    if (!this.isRunning) return
    this.#child.kill('SIGKILL')
    await this.exited
  }
}

const journals = new WeakMap<TestPortal, string>()

/** All executors of one portal share a folder, as they would after a restart on the same machine. */
function journalDirectory(portal: TestPortal): string {
  const known = journals.get(portal)
  if (known) return known
  // Named so that the next run removes what a killed one left.
  const directory = mkdtempSync(join(tmpdir(), `sre-portal-test-${process.pid}-journal-`))
  journals.set(portal, directory)
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  return directory
}
