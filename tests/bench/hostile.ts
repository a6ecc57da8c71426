import type { Part } from '../soak/part.ts'
import { SoakPortal } from '../soak/soakPortal.ts'
import { createTemplate, testEnvironment } from '../setup/postgres.ts'
import { honestBeside, hostileBeside } from './hostileTexts.ts'
import { HostileWork } from './hostileWork.ts'
import { LivenessWatch, MemoryWatch } from './processWatch.ts'
import { Report } from './report.ts'
import type { Times } from './samples.ts'

export interface HostileBenchOptions {
  /** A PostgreSQL server, as an administrator. */
  postgresUrl: string
  /** How often the other person's query is asked: alone, beside honest work, beside hostile work. */
  rounds?: number
  print?: (line: string) => void
}

const mebibyte = 1024 * 1024
const longestMs = 150_000

/** Prints what hostile texts and scripts cost another person, and the executor; answers whether all targets are met. */
export async function benchHostile(options: HostileBenchOptions): Promise<boolean> {
  const { rounds = 300 } = options
  const report = new Report(options.print ?? console.log, 'hostile: what | figure | target')
  process.env[testEnvironment.url] = options.postgresUrl
  process.env[testEnvironment.template] ??= await createTemplate(options.postgresUrl)
  const portal = await SoakPortal.open({ executors: 1, leaseMs: 10_000 })
  try {
    const work = await HostileWork.open(portal)
    await measure(work, portal, rounds, report)
    await work.close()
  } finally {
    await portal.close()
  }
  return report.isMet
}

async function measure(work: HostileWork, portal: SoakPortal, rounds: number, report: Report): Promise<void> {
  const [executor] = portal.executors
  if (!executor) throw new Error('There is no executor.')
  await work.ask(10)
  const alone = await work.ask(rounds)
  const memory = [executor, portal.commandService].map((part) => new MemoryWatch(part.pid ?? 0))
  const watches = [urlOf(executor), portal.commandUrl].map((url) => new LivenessWatch(url))
  const honest = await besides(work, honestBeside, rounds)
  const livezHonest = longest(watches)
  for (const watch of watches) watch.forget()
  const beside = await besides(work, hostileBeside, rounds)
  const livez = longest(watches)
  await Promise.all(watches.map((watch) => watch.stop()))
  for (const part of portal.parts) for (const surprise of part.surprises) report.note(surprise)
  report.note(`select 1, nothing beside it: ${inWords(alone)}`)
  report.note(`select 1, as many honest scripts and queries beside it: ${inWords(honest)}`)
  report.note(`select 1, hostile scripts and queries beside it: ${inWords(beside)}`)
  report.note(`longest answer of /livez beside honest work: ${livezHonest.toFixed(0)} ms`)
  for (const [what, count] of work.played) report.note(`played ${count} times: ${what}`)
  const [ofExecutor = 0, ofCommandService = 0] = memory.map((watch) => watch.stop() / mebibyte)
  report.note(`the command-service’s memory above what it was: ${ofCommandService.toFixed(0)} MiB`)
  report.limit('p99 of select 1 over p99 beside honest work', beside.p99 / honest.p99, 2, '')
  report.limit('p99 of select 1 over p99 with nothing beside it', beside.p99 / alone.p99, 2, '')
  report.limit('the executor’s memory above what it was', ofExecutor, 200, 'MiB')
  report.limit('longest answer of /livez', livez, 250, 'ms')
  report.limit('runs that another executor had to settle', work.recovered, 0, '')
}

async function besides(work: HostileWork, beside: typeof hostileBeside, rounds: number): Promise<Times> {
  work.played.clear()
  const playing = work.play(beside)
  const times = await work.ask(rounds, performance.now() + longestMs)
  await work.allPlayed(beside, performance.now() + longestMs)
  await playing.stop()
  return times
}

const longest = (watches: LivenessWatch[]) => Math.max(...watches.map((watch) => watch.longest))

const inWords = ({ p50, p99 }: Times) => `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`

function urlOf(part: Part): string {
  const url = /"url":"(http:[^"]+)"/.exec(part.output)?.[1]
  if (!url) throw new Error(`${part.name} did not say where it listens.`)
  return url
}
