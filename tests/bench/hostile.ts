import { streamName } from '@sre-portal/contracts'
import { loadRequest } from '@sre-portal/platform/aggregates'
import type { Part } from '../soak/part.ts'
import { Commands } from '../soak/commands.ts'
import { Recorder } from '../soak/recorder.ts'
import { SoakPortal } from '../soak/soakPortal.ts'
import type { Work } from '../soak/work.ts'
import { createTemplate, testEnvironment } from '../setup/postgres.ts'
import { hostileQueries, hostileScripts, plainQuery, scriptOf } from './hostileTexts.ts'
import { LivenessWatch, MemoryWatch } from './processWatch.ts'
import { Report } from './report.ts'
import { timeOf, timesOf, type Times } from './samples.ts'

export interface HostileBenchOptions {
  /** A PostgreSQL server, as an administrator. */
  postgresUrl: string
  /** How often the other person's query is asked, without and with hostile work beside it. */
  rounds?: number
  print?: (line: string) => void
}

const mebibyte = 1024 * 1024
const longestMs = 100_000
const patienceMs = 60_000

/** Prints what hostile texts and scripts cost another person, and the executor; answers whether all targets are met. */
export async function benchHostile(options: HostileBenchOptions): Promise<boolean> {
  const { rounds = 100 } = options
  const report = new Report(options.print ?? console.log, 'hostile: what | figure | target')
  process.env[testEnvironment.url] = options.postgresUrl
  process.env[testEnvironment.template] ??= await createTemplate(options.postgresUrl)
  const portal = await SoakPortal.open({ executors: 1, leaseMs: 10_000 })
  try {
    await measure(new HostileWork(portal), portal, rounds, report)
  } finally {
    await portal.close()
  }
  return report.isMet
}

async function measure(work: HostileWork, portal: SoakPortal, rounds: number, report: Report): Promise<void> {
  const [executor] = portal.executors
  if (!executor) throw new Error('There is no executor.')
  const url = urlOf(executor)
  await work.ask(10, Infinity)
  const alone = await work.ask(rounds, Infinity)
  const memory = new MemoryWatch(executor.pid ?? 0)
  const watches = [url, portal.commandUrl].map((url) => new LivenessWatch(url))
  const playing = work.play()
  const beside = await work.ask(rounds, performance.now() + longestMs)
  await work.allPlayed(performance.now() + longestMs)
  await playing.stop()
  for (const part of portal.parts) for (const surprise of part.surprises) report.note(surprise)
  const livez = Math.max(...(await Promise.all(watches.map((watch) => watch.stop()))))
  report.note(`select 1, nothing beside it: p50 ${alone.p50.toFixed(1)} ms, p99 ${alone.p99.toFixed(1)} ms`)
  report.note(
    `select 1, hostile work beside it: p50 ${beside.p50.toFixed(1)} ms, p99 ${beside.p99.toFixed(1)} ms`,
  )
  for (const [what, count] of work.played) report.note(`played ${count} times: ${what}`)
  report.limit('p99 of select 1 over p99 with nothing beside it', beside.p99 / alone.p99, 2, '')
  report.limit('the executor’s memory above what it was', memory.stop() / mebibyte, 200, 'MiB')
  report.limit('longest answer of /livez', livez, 250, 'ms')
  report.limit('runs that another executor had to settle', await work.recovered(), 0, '')
}

function urlOf(part: Part): string {
  const url = /"url":"(http:[^"]+)"/.exec(part.output)?.[1]
  if (!url) throw new Error(`${part.name} did not say where it listens.`)
  return url
}

/** One person who asks for `select 1`, and one who sends what is hostile. */
class HostileWork {
  readonly played = new Map<string, number>()
  readonly #portal: SoakPortal
  readonly #commands: Commands
  readonly #requests: string[] = []

  constructor(portal: SoakPortal) {
    this.#portal = portal
    this.#commands = new Commands(portal, new Recorder())
  }

  /** Submits, approves and waits for the end, again and again, at most until then. */
  async ask(rounds: number, untilMs: number): Promise<Times> {
    const samples: number[] = []
    for (let n = 0; n < rounds && performance.now() < untilMs; n++)
      samples.push(await timeOf(() => this.#run(plainQuery)))
    return timesOf(samples)
  }

  /** Two scripts and one query at a time, until it is stopped. */
  play(): { stop: () => Promise<void> } {
    let isStopped = false
    const again = async (turns: [string, () => Promise<unknown>][]) => {
      for (let n = 0; !isStopped; n++) {
        const [what, turn] = turns[n % turns.length] ?? ['', async () => undefined]
        await turn()
        this.played.set(what, (this.played.get(what) ?? 0) + 1)
      }
    }
    const scripts = Object.entries(hostileScripts).map(
      ([what, text]) => [what, () => this.#run(scriptOf(text))] as [string, () => Promise<unknown>],
    )
    const queries = hostileQueries.map(
      (text) => [`query ${text.slice(0, 20)}`, () => this.#refused(text)] as [string, () => Promise<unknown>],
    )
    const all = [again(scripts), again(scripts.toReversed()), again(queries)]
    return {
      stop: async () => {
        isStopped = true
        await Promise.all(all)
      },
    }
  }

  /** Resolves when everything hostile has had its turn. */
  async allPlayed(untilMs: number): Promise<void> {
    const kinds = Object.keys(hostileScripts).length + hostileQueries.length
    while (this.played.size < kinds && performance.now() < untilMs) await pause()
  }

  /** How many of all runs were not ended by the executor that had begun them. */
  async recovered(): Promise<number> {
    const ends = await Promise.all(this.#requests.map((id) => this.#end(id)))
    return ends.filter((end) => end !== null && 'recovered' in end.data && end.data.recovered).length
  }

  async #run(work: Work): Promise<void> {
    const { grace } = this.#portal.people
    const { asked, send } = this.#commands.submission(work)
    await send()
    await this.#commands.action('approve', grace, asked)()
    this.#requests.push(asked.requestId)
    const until = performance.now() + patienceMs
    while ((await this.#end(asked.requestId)) === null) {
      if (performance.now() > until) throw new Error(`${streamName('request', asked.requestId)} has no end.`)
      await pause()
    }
  }

  /** A text that isn't refused is taken back. */
  async #refused(content: string): Promise<void> {
    const { asked, send } = this.#commands.submission({ ...plainQuery, content })
    if ((await send()) === 'ok') await this.#commands.action('withdraw', this.#portal.people.dana, asked)()
  }

  async #end(requestId: string) {
    const { events } = await loadRequest(this.#portal.store, requestId)
    const ends = ['RequestExecuted', 'RequestFailed', 'ExecutionOutcomeUnknown']
    return events.find(({ type }) => ends.includes(type)) ?? null
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 5))
