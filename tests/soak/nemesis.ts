import { setTimeout as delay } from 'node:timers/promises'
import { PARK, RETRY } from '@eventstore/db-client'
import type { Part } from './part.ts'
import type { Random } from './random.ts'
import type { Recorder } from './recorder.ts'
import type { SoakPortal } from './soakPortal.ts'
import { failpoints } from '../faults/failpoints.ts'

export interface NemesisOptions {
  portal: SoakPortal
  recorder: Recorder
  random: Random
  signal: AbortSignal
  /** Shortest and longest time between two faults of a kind. */
  pauseMs: [least: number, most: number]
}

const group = 'executors'

type Fault = () => Promise<void>

/** Kills, freezes and restarts processes, disturbs the targets' connections, and has approvals delivered again, until the signal. */
export async function runNemesis(options: NemesisOptions): Promise<void> {
  await Promise.all([
    repeat(options, processFaults(options)),
    repeat(options, targetFaults(options)),
    repeat(options, deliveryFaults(options)),
  ])
}

async function repeat(
  { random, signal, pauseMs, recorder }: NemesisOptions,
  faults: readonly (readonly [number, string, Fault])[],
): Promise<void> {
  const chance = random.fork()
  while (!signal.aborted) {
    await delay(chance.between(...pauseMs), undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const [, words, fault] = chance.weighted(faults.map((entry) => [entry[0], entry] as const))
    recorder.nemesis(words)
    await fault()
  }
}

function processFaults({ portal, random, signal }: NemesisOptions): [number, string, Fault][] {
  const chance = random.fork()
  const pause = (least: number, most: number) => delay(chance.between(least, most))
  const anExecutor = () => chance.oneOf(portal.executors)
  const kill = async (part: Part, failpoint?: string) => {
    await part.kill()
    await pause(0, 800)
    part.launch(failpoint)
  }
  const freeze = async (part: Part, least: number, most: number) => {
    part.freeze()
    await pause(least, most)
    part.thaw()
  }
  /** A process that has killed itself, or will, is started anew without a failpoint. */
  const restartTheDead = async () => {
    for (const part of portal.parts) if (!part.isRunning) part.launch()
  }
  const during = (fault: Fault) => async () => {
    if (signal.aborted) return
    await restartTheDead()
    await fault()
  }
  return [
    [3, 'kill an executor', during(() => kill(anExecutor()))],
    [9, 'kill an executor at a failpoint', during(() => kill(anExecutor(), chance.oneOf(failpoints)))],
    [4, 'freeze an executor', during(() => freeze(anExecutor(), 500, 4000))],
    [2, 'kill the projector', during(() => kill(portal.projector))],
    [1, 'freeze the projector', during(() => freeze(portal.projector, 200, 1500))],
    [1, 'kill the command-service', during(() => kill(portal.commandService))],
    [2, 'freeze the command-service', during(() => freeze(portal.commandService, 200, 2000))],
    [3, 'kill the event store', during(() => kill(portal.eventStore))],
    [2, 'freeze the event store', during(() => freeze(portal.eventStore, 200, 2000))],
    [
      2,
      'stop and start an executor in order',
      during(async () => {
        const executor = anExecutor()
        const { code } = await executor.stop()
        if (code !== 0 && code !== null) executor.surprises.push(`${executor.name} stopped with code ${code}`)
        executor.launch()
      }),
    ],
  ]
}

function targetFaults({ portal, random }: NemesisOptions): [number, string, Fault][] {
  const chance = random.fork()
  const disturb = (mode: 'cut' | 'closed' | 'blackhole' | 'reset' | 'mute') => async () => {
    const { proxy } = chance.oneOf(portal.targets)
    await proxy.disturb(mode)
    await delay(chance.between(50, 1500))
    await proxy.mend()
  }
  return [
    [2, 'cut the target off', disturb('cut')],
    [1, 'refuse connections to the target', disturb('closed')],
    [2, 'black hole before the target', disturb('blackhole')],
    [2, 'reset connections of the target', disturb('reset')],
    [2, "swallow the target's answers", disturb('mute')],
    [2, 'end the sessions at the target', () => portal.targetServer.terminateSessions()],
    [
      1,
      'crash the target',
      async () => {
        await portal.targetServer.crash()
        await delay(chance.between(0, 800))
        await portal.targetServer.start()
      },
    ],
  ]
}

/** What is delivered more than once, or to the wrong one, must change nothing; while the store is away nothing can be delivered. */
function deliveryFaults({ portal, random }: NemesisOptions): [number, string, Fault][] {
  const chance = random.fork()
  const { client } = portal.store
  const deadline = 2000
  const tolerant = (fault: Fault) => () => fault().catch(() => undefined)
  return [
    [
      3,
      'deliver all approvals again',
      tolerant(() => client.deletePersistentSubscriptionToAll(group, { deadline })),
    ],
    [
      2,
      'take approvals from the executors',
      tolerant(() => steal(portal, chance.between(1, 3), chance.isTrue(0.7) ? 'park' : 'retry')),
    ],
    [3, 'replay what is parked', tolerant(() => client.replayParkedMessagesToAll(group, { deadline }))],
  ]
}

const stealingMs = 800

/** Competes with the executors for a while, and hands back or parks what it is given. */
async function steal(portal: SoakPortal, most: number, action: 'park' | 'retry'): Promise<void> {
  const subscription = portal.store.client.subscribeToPersistentSubscriptionToAll(group, { bufferSize: 1 })
  let taken = 0
  subscription.on('error', () => undefined)
  subscription.on('data', (resolved) => {
    if (taken++ < most)
      subscription.nack(action === 'park' ? PARK : RETRY, 'on purpose', resolved).catch(() => undefined)
  })
  await delay(stealingMs)
  await subscription.unsubscribe().catch(() => undefined)
}
