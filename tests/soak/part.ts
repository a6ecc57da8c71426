import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const stopWithParent = fileURLToPath(new URL('../../infra/stack/stopWithParent.mjs', import.meta.url))
const startMs = 60_000
const keptCharacters = 60_000

export interface PartSpec {
  name: string
  main: string
  args?: string[]
  /** What it says once it can work. */
  ready: RegExp
  env: Record<string, string>
}

/** How a process ended. */
export interface End {
  code: number | null
  signal: NodeJS.Signals | null
}

/** One process of the portal, that is killed, frozen and started again. */
export class Part {
  readonly name: string
  readonly #spec: PartSpec
  #child: ChildProcess | null = null
  #ended: Promise<End> = Promise.resolve({ code: null, signal: null })
  #output = ''
  #earlierOutput = ''
  #frozen = false
  /** Ends that were not asked for, in words. */
  readonly surprises: string[] = []
  #isAsked = false
  #isArmed = false

  constructor(spec: PartSpec) {
    this.#spec = spec
    this.name = spec.name
  }

  get pid(): number | null {
    return this.isRunning ? (this.#child?.pid ?? null) : null
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null
  }

  get isFrozen(): boolean {
    return this.#frozen
  }

  /** True while it is to kill itself somewhere. */
  get isArmed(): boolean {
    return this.isRunning && this.#isArmed
  }

  /** The last of what it said. */
  get output(): string {
    return this.#earlierOutput + this.#output
  }

  /** Starts it; `failpoint` is where it is to kill itself. */
  launch(failpoint?: string): void {
    const { main, args = [], env } = this.#spec
    this.#frozen = false
    this.#isAsked = false
    this.#isArmed = failpoint !== undefined
    const child = spawn(process.execPath, ['--import', stopWithParent, '--import', 'tsx', main, ...args], {
      cwd: root,
      env: { ...env, ...(failpoint === undefined ? {} : { FAILPOINT: `${failpoint}:kill` }) },
      // Should this test be killed, the end of the channel tells the process.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    this.#earlierOutput = this.output.slice(-keptCharacters)
    this.#output = `--- ${this.name} starts as ${child.pid}\n`
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        if (this.#child === child) this.#output = (this.#output + chunk.toString()).slice(-keptCharacters)
      })
    this.#ended = endOf(child).then((end) => {
      const isPlanned = failpoint !== undefined && end.signal === 'SIGKILL'
      if (!this.#isAsked && !isPlanned)
        this.surprises.push(`${this.name} ended by itself (${end.signal ?? `code ${end.code}`})`)
      return end
    })
  }

  /** Starts it and waits until it can work. */
  async start(failpoint?: string): Promise<void> {
    this.launch(failpoint)
    const until = Date.now() + startMs
    while (!this.#spec.ready.test(this.#output)) {
      if (!this.isRunning || Date.now() > until)
        throw new Error(`${this.name} did not start:\n${this.#output}`)
      await Promise.race([this.#ended, new Promise((resolve) => setTimeout(resolve, 20))])
    }
  }

  freeze(): void {
    if (!this.isRunning || this.#frozen) return
    this.#frozen = true
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#frozen = false
    this.#child?.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    this.#isAsked = true
    this.#child?.kill('SIGKILL')
    await this.#ended
  }

  /** Asks it to stop in order. */
  async stop(): Promise<End> {
    this.#isAsked = true
    this.thaw()
    this.#child?.kill('SIGTERM')
    return this.#ended
  }
}

async function endOf(child: ChildProcess): Promise<End> {
  const [code, signal] = (await once(child, 'exit')) as [End['code'], End['signal']]
  return { code, signal }
}
