import type { Express } from 'express'
import { createApp, type Readiness } from '@sre-portal/platform/http/app'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import type { ExecutorContext } from './context.ts'
import { answerInstanceTest } from './instanceTests.ts'
import { claimApproval, type Approval, type ClaimedRun } from './runs/claim.ts'
import { execute } from './runs/execute.ts'
import { OutcomeJournal } from './runs/outcomeJournal.ts'
import { OutcomePublisher } from './runs/publish.ts'
import { recoverLostRuns } from './runs/recovery.ts'
import { StoreIsOlder } from './runs/storeAge.ts'
import { Slots } from './slots.ts'
import { WorkSubscription } from './subscription.ts'

export interface ExecutorOptions {
  context: ExecutorContext
  concurrency: number
  journalDirectory: string
  recoveryIntervalMs: number
  trustedProxyHops: number
}

/** An executor at work. */
export interface Executor {
  app: Express
  /** Takes no new work and waits for the runs that are under way. */
  stop(): Promise<void>
}

/** Replays what an earlier process had to leave, then works on approvals, connection tests and lost runs until it is stopped. */
export function startExecutor(options: ExecutorOptions): Executor {
  const { context } = options
  const publisher = new OutcomePublisher(context, new OutcomeJournal(options.journalDirectory))
  const slots = new Slots(options.concurrency)
  const subscription = new WorkSubscription(context, (event, id) => work(event, id))
  let stopping = false
  let olderStore: StoreIsOlder | null = null

  async function work(event: StoredEvent, id: string): Promise<void> {
    if (event.type === 'InstanceTestRequested') {
      await answerInstanceTest(context, id, event)
    } else if (event.type === 'RequestApproved') {
      await startRun(event, id)
    }
  }

  /** Resolves when the run is claimed, or needn't be: from then on the stream remembers it, and not the subscription. */
  async function startRun(approval: Approval, requestId: string): Promise<void> {
    const release = await slots.take()
    try {
      await publisher.clear()
      if (stopping) throw new Error('the executor is stopping')
      if (olderStore) throw olderStore
      const claimed = await claimApproval(context, requestId, approval)
      if (claimed) void carryOut(claimed, release)
      else release()
    } catch (error) {
      release()
      if (error instanceof StoreIsOlder) olderStore = error
      throw error
    }
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
      await recoverLostRuns(context, publisher).catch((error: unknown) => {
        context.log.warn({ err: error }, 'lost runs could not be looked for')
      })
      await pause(options.recoveryIntervalMs)
    }
  }

  let wake: () => void = () => undefined
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const started = publisher.replay().then(() => {
    if (!stopping) subscription.start()
  })
  const recovering = recoverRepeatedly()

  const readiness = async (): Promise<Readiness> => {
    const reasons = [
      ...(subscription.isConnected ? [] : ['not subscribed to approvals']),
      ...(publisher.waiting > 0 ? [`${publisher.waiting} outcomes wait for the event store`] : []),
      ...((await answers(context)) ? [] : ['the database does not answer']),
      ...(olderStore ? [olderStore.message] : []),
      ...(stopping ? ['stopping'] : []),
    ]
    return { ready: reasons.length === 0, reasons, facts: facts() }
  }
  const facts = () => ({
    executorId: context.executorId,
    running: slots.taken,
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

  return {
    app,
    stop: async () => {
      stopping = true
      wake()
      await started
      await subscription.close()
      await slots.idle()
      publisher.close()
      await recovering
    },
  }
}

const answers = (context: ExecutorContext) =>
  context.pool.query('select 1').then(
    () => true,
    () => false,
  )
