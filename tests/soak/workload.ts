import { setTimeout as delay } from 'node:timers/promises'
import type { Asked, Commands, Outcome } from './commands.ts'
import type { Random } from './random.ts'
import type { People } from './soakPortal.ts'
import type { Work } from './work.ts'

export interface WorkloadOptions {
  commands: Commands
  people: People
  makeWork: () => Work
  random: Random
  /** How many people work at once. */
  clients: number
  signal: AbortSignal
}

const longestPauseMs = 250
const mostRetries = 3
const recent = 12

/** People who submit, approve, reject, withdraw, cancel and settle at random until the signal. Answers all that was asked for. */
export async function runWorkload(options: WorkloadOptions): Promise<Asked[]> {
  const asked: Asked[] = []
  const undecided: Asked[] = []
  const { random } = options
  await Promise.all(
    Array.from({ length: options.clients }, () =>
      work({ ...options, random: random.fork() }, asked, undecided),
    ),
  )
  return asked
}

async function work(options: WorkloadOptions, asked: Asked[], undecided: Asked[]): Promise<void> {
  const { commands, people, makeWork, random, signal } = options
  const decider = () => random.oneOf([people.grace, people.pavel])
  const someRecent = () => (asked.length > 0 ? random.oneOf(asked.slice(-recent)) : null)
  const submit = async () => {
    const { asked: request, send } = commands.submission(makeWork())
    asked.push(request)
    await send_(send)
    undecided.push(request)
  }
  const approve = async () => {
    const request = undecided.shift() ?? someRecent()
    if (request) await send_(commands.action('approve', decider(), request))
  }
  const onRecent = (action: 'reject' | 'withdraw' | 'cancel' | 'settle') => async () => {
    const request = someRecent()
    const by = action === 'withdraw' || (action === 'cancel' && random.isTrue(0.5)) ? people.dana : decider()
    if (request) await send_(commands.action(action, by, request))
  }
  /** Now and then twice at once; and again when nobody knows what came of it. */
  const send_ = async (send: () => Promise<Outcome>) => {
    const outcomes = await Promise.all(random.isTrue(0.1) ? [send(), send()] : [send()])
    for (let retry = 0; retry < mostRetries && outcomes.at(-1) === 'info'; retry++) {
      if (signal.aborted || random.isTrue(0.3)) return
      await delay(random.between(100, 1000))
      outcomes.push(await send())
    }
  }
  while (!signal.aborted) {
    await random.weighted([
      [36, submit],
      [40, approve],
      [9, onRecent('cancel')],
      [5, onRecent('reject')],
      [5, onRecent('withdraw')],
      [5, onRecent('settle')],
    ])()
    await delay(random.between(0, longestPauseMs))
  }
}
