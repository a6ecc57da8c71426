import type { Express } from 'express'
import { streamName } from '@sre-portal/contracts'
import { loadRequest } from '@sre-portal/platform/aggregates'
import { createApp, type Readiness } from '@sre-portal/platform/http/app'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import { databaseTrouble } from '@sre-portal/platform/postgres'
import { within } from '@sre-portal/platform/within'
import { missingKeyTroubles } from '@sre-portal/platform/storedSecrets'
import type { ExecutorContext } from './context.ts'
import { GrowingPause } from './growingPause.ts'
import { answerInstanceTest } from './instanceTests.ts'
import { LaterRuns } from './laterRuns.ts'
import { claimApproval, type Approval, type ClaimedRun } from './runs/claim.ts'
import { execute } from './runs/execute.ts'
import { OutcomeJournal } from './runs/outcomeJournal.ts'
import { OutcomePublisher } from './runs/publish.ts'
import { recoverLostRuns } from './runs/recovery.ts'
import { StoreIsOlder } from './runs/storeAge.ts'
import { Slots } from './slots.ts'
import { WorkSubscription, type Worked } from './subscription.ts'
import { OverlookedWork } from './waiting/overlookedWork.ts'
import { waitingFacts, type WaitingFacts } from './waiting/waitingWork.ts'
import { WorkReading } from './waiting/workReading.ts'

export interface ExecutorOptions {
  context: ExecutorContext
  concurrency: number
  journalDirectory: string
  recoveryIntervalMs: number
  /** How long an approval waits for the persistent subscription before it is taken without it. */
  overlookedAfterMs: number
  trustedProxyHops: number
}

/** An executor at work. */
export interface Executor {
  app: Express
  /** Takes no new work and waits for the runs that are under way. */
  finishRuns(): Promise<void>
  /** The same, and ends everything else. */
  stop(): Promise<void>
}

const longWaitMs = 60_000
const answerMs = 1_000

/** Replays what an earlier process had to leave, then works on approvals, connection tests and lost runs until it is stopped. */
export function startExecutor(options: ExecutorOptions): Executor {
  const { context } = options
  const publisher = new OutcomePublisher(context, new OutcomeJournal(options.journalDirectory))
  const slots = new Slots(options.concurrency)
  const later = new LaterRuns()
  const subscription = new WorkSubscription(context, work)
  const reading = new WorkReading(context)
  const overlooked = new OverlookedWork(context, {
    afterMs: options.overlookedAfterMs,
    room: () => (stopping || publisher.waiting > 0 || olderStore ? 0 : slots.free),
    except: () => later.requestIds.map((id) => streamName('request', id)),
    handle: work,
  })
  const recoveryPause = new GrowingPause(context.log, 'lost runs could not be looked for')
  let stopping = false
  let olderStore: StoreIsOlder | null = null

  async function work(event: StoredEvent, id: string): Promise<Worked> {
    if (event.type === 'RequestApproved') return startRun(event, id)
    if (event.type === 'InstanceTestRequested') await answerInstanceTest(context, id, event)
    return 'done'
  }

  /**
   * Resolves when the run is claimed, or needn't be: from then on the stream remembers it, and not the subscription. `later` where its
   * requester has enough runs here: then it waits without holding up what the subscription brings for others.
   */
  async function startRun(approval: Approval, requestId: string): Promise<Worked> {
    const { state } = await loadRequest(context.store, requestId)
    const person = state?.requesterId ?? requestId
    const place = slots.take(person)
    if (place === null) {
      later.keep(person, { requestId, approval })
      return 'later'
    }
    const giveBack = await place
    const release = () => {
      giveBack()
      beginNext(person)
    }
    try {
      await publisher.clear()
      if (stopping) throw new Error('the executor is stopping')
      if (olderStore) throw olderStore
      const claimed = await claimApproval(context, requestId, approval)
      if (claimed) void carryOut(claimed, release)
      else release()
      return 'done'
    } catch (error) {
      release()
      if (error instanceof StoreIsOlder) olderStore = error
      throw error
    }
  }

  function beginNext(person: string): void {
    if (stopping) return
    later
      .beginNext(person, ({ approval, requestId }) => startRun(approval, requestId))
      .catch((error: unknown) => {
        context.log.warn({ err: error }, 'runs that waited could not be begun yet')
      })
  }

  async function carryOut(claimed: ClaimedRun, release: () => void): Promise<void> {
    try {
      await execute(context, publisher, claimed)
    } catch (error) {
      // The lease runs out, and recovery tells what became of it.
      claimed.lease.stopRenewing()
      context.log.error({ err: error, run: claimed.run }, 'a run was left without an outcome')
    } finally {
      release()
    }
  }

  async function recoverRepeatedly(): Promise<void> {
    while (!stopping) {
      try {
        await recoverLostRuns(context, publisher)
        recoveryPause.wentWell()
        await recoveryPause.for(options.recoveryIntervalMs)
      } catch (error) {
        await recoveryPause.after(error)
      }
    }
  }

  const started = publisher.replay().then(() => {
    if (stopping) return
    subscription.start()
    reading.start()
    overlooked.start()
  })
  const recovering = recoverRepeatedly()

  const readiness = async (): Promise<Readiness> => {
    const [storeTrouble, poolTrouble, waiting, parked, missingSecrets] = await Promise.all([
      context.store.trouble(),
      databaseTrouble(context.pool),
      within(answerMs, waitingFacts(context, longWaitMs), () => null).catch(() => null),
      subscription.parked(),
      missingKeyTroubles(context.pool, context.keyRing),
    ])
    const reasons = [
      ...[storeTrouble, poolTrouble, subscription.trouble].filter((trouble) => trouble !== null),
      ...(publisher.waiting > 0 ? [`${publisher.waiting} outcomes wait for the event store`] : []),
      ...(waiting || poolTrouble !== null ? [] : ['what waits could not be looked up']),
      ...(waiting?.isRead === false ? ['no executor reads the log for approvals'] : []),
      // Where all executors are at work, or those who wait have their share of this one, that is why they wait.
      ...(waiting && waiting.stuck > 0 && slots.free > 0 && later.requestIds.length === 0
        ? [longWait(waiting.longWaiting)]
        : []),
      ...(olderStore ? [olderStore.message] : []),
      ...missingSecrets,
      ...(stopping ? ['stopping'] : []),
    ]
    return { ready: reasons.length === 0, reasons, facts: factsOf(waiting, parked) }
  }
  const factsOf = (waiting: WaitingFacts | null, parked: number | null) => ({
    executorId: context.executorId,
    running: slots.taken,
    waitingApprovals: waiting?.approvals ?? null,
    parkedEvents: parked,
    notes: [
      ...(waiting && waiting.longWaiting > 0 ? [longWait(waiting.longWaiting)] : []),
      ...publisher.untellable,
      ...(waiting?.troubled ?? []).map(({ stream, trouble }) => `${stream} cannot be worked on: ${trouble}`),
      ...(parked
        ? [`${parked} events are parked in the group; what they ask for is found by the reading of the log`]
        : []),
    ],
    sandbox: context.sandbox.describe(),
  })
  const app = createApp(
    { log: context.log, trustedProxyHops: options.trustedProxyHops, maxBodyBytes: 1024, ready: readiness },
    (routes) => {
      routes.get('/health', async (_request, response) => {
        response.json(await readiness())
      })
    },
  )

  let ending: Promise<unknown> | null = null
  // Where the event store or PostgreSQL doesn't answer, this takes longer than the runs do.
  const takeNoMore = () => {
    stopping = true
    recoveryPause.end()
    return (ending ??= started.then(() =>
      Promise.all([subscription.close(), reading.close(), overlooked.close()]),
    ))
  }
  return {
    app,
    finishRuns: async () => {
      takeNoMore().catch(() => undefined)
      await slots.idle()
    },
    stop: async () => {
      await takeNoMore()
      await slots.idle()
      publisher.close()
      await recovering
    },
  }
}

const longWait = (count: number) =>
  `${count} ${count === 1 ? 'approval waits' : 'approvals wait'} longer than ${longWaitMs / 1000} s`
