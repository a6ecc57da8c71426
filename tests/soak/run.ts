import { setTimeout as delay } from 'node:timers/promises'
import { requestOfMark, violations } from '../faults/historyChecks.ts'
import type { Evidence } from '../faults/history.ts'
import { compareWithRebuild } from '../faults/readModels.ts'
import { Commands } from './commands.ts'
import { heal, settle } from './healing.ts'
import { runNemesis } from './nemesis.ts'
import { createRandom } from './random.ts'
import { Recorder } from './recorder.ts'
import { Sampler, type MemorySample } from './sampler.ts'
import { SoakPortal } from './soakPortal.ts'
import { createWork } from './work.ts'
import { runWorkload } from './workload.ts'

export interface RunOptions {
  seed: number
  durationMs: number
  executors: number
  clients: number
  /** Shortest and longest time between two faults of a kind. */
  pauseMs: [least: number, most: number]
  hostile: string[]
  hostilePercent: number
  /** Told now and then how it goes. */
  onProgress?: (words: string) => void
}

/** What a run has shown. */
export interface RunReport {
  /** All that is wrong, in words: invariants, leftovers, processes that ended by themselves. */
  wrong: string[]
  counts: Record<string, number>
  outcomes: Record<string, number>
  memory: MemorySample[]
  /** Child processes of all parts that were seen; none of them may be left. */
  childrenSeen: number
  evidence: Evidence
  /** The last words of each process. */
  output: string
}

/** Lets people work at random while parts are disturbed at random, heals all of it, and checks what is left. */
export async function run(options: RunOptions): Promise<RunReport> {
  const { onProgress = () => undefined } = options
  const portal = await SoakPortal.open(options)
  try {
    onProgress('The portal is at work.')
    return await runOn(portal, options)
  } finally {
    await portal.close()
  }
}

const longestFactor = 3
const leastRequests = 8

/** Goes on for longer where faults and a slow machine have kept most requests from their target: there would be little to check. */
async function untilMarked(portal: SoakPortal, durationMs: number): Promise<void> {
  const giveUpAt = Date.now() + longestFactor * durationMs
  await delay(durationMs)
  while (Date.now() < giveUpAt && (await requestsWithMarks(portal)) < leastRequests) await delay(500)
}

/** 0 while a target is down. */
async function requestsWithMarks(portal: SoakPortal): Promise<number> {
  const marks = await portal.marks().catch(() => [])
  return new Set(marks.map(({ text }) => requestOfMark(text))).size
}

async function runOn(portal: SoakPortal, options: RunOptions): Promise<RunReport> {
  const { seed, onProgress = () => undefined } = options
  const random = createRandom(seed)
  const recorder = new Recorder()
  const sampler = new Sampler(portal)
  const [ending, stopping] = [new AbortController(), new AbortController()]
  const makeWork = createWork({
    random: random.fork(),
    prefix: `m-${seed.toString(36)}-`,
    hasMongo: portal.hasMongo,
    hostile: options.hostile,
    hostilePercent: options.hostilePercent,
  })
  const commands = new Commands(portal, recorder)
  const sampling = sampler.run(stopping.signal)
  const common = { portal, recorder, random: random.fork(), signal: ending.signal }
  const work = Promise.all([
    runWorkload({ ...common, commands, people: portal.people, makeWork, clients: options.clients }),
    runNemesis({ ...common, pauseMs: options.pauseMs }),
  ])
  // A failure of the test itself ends the run at once.
  await Promise.race([untilMarked(portal, options.durationMs), work])
  ending.abort()
  const [asked] = await work
  onProgress('The faults are over; what was disturbed comes to rest.')
  await heal(portal)
  const { events, unsettled } = await settle(portal, asked)
  const readModels = await compareWithRebuild(portal.admin, portal.projectorEnvironment)
  stopping.abort()
  await sampling
  const evidence: Evidence = {
    history: recorder.entries,
    requests: asked,
    events,
    marks: await portal.marks(),
    statements: portal.targetServer.statements().filter(({ text }) => /m-[0-9a-z]+-\d+\//.test(text)),
    checkpoints: sampler.checkpoints,
    readModels,
    approvers: new Set([portal.people.grace.id, portal.people.pavel.id]),
  }
  const wrong = [...violations(evidence), ...unsettled, ...(await stopAll(portal)), ...leftBehind(sampler)]
  return {
    wrong,
    counts: recorder.counts(),
    outcomes: outcomesOf(evidence),
    memory: sampler.memory,
    childrenSeen: sampler.childrenSeen,
    evidence,
    output: portal.parts.map(({ output }) => output).join('\n'),
  }
}

/** Stops all processes in order; answers those that did not stop cleanly, or had ended by themselves before. */
async function stopAll(portal: SoakPortal): Promise<string[]> {
  const wrong: string[] = []
  for (const part of portal.parts.toReversed()) {
    const { code, signal } = await part.stop()
    if (code !== 0) wrong.push(`${part.name} did not stop in order (${signal ?? `code ${code}`})`)
    wrong.push(...part.surprises)
  }
  return wrong
}

const leftBehind = (sampler: Sampler) =>
  sampler.leftBehind().map((pid) => `process ${pid} was left behind by an executor`)

function outcomesOf({ events }: Evidence): Record<string, number> {
  const outcomes: Record<string, number> = {}
  for (const history of events.values()) {
    const last = history.at(-1)
    const name = last ? `${last.type}${isRecovered(last) ? ' (recovered)' : ''}` : 'never submitted'
    outcomes[name] = (outcomes[name] ?? 0) + 1
  }
  return outcomes
}

const isRecovered = (event: { data: object }) => 'recovered' in event.data && event.data.recovered === true
