import { streamName } from '@sre-portal/contracts'
import { decodeEvent } from '@sre-portal/platform/eventCodec'
import type { ExecutorContext } from '../context.ts'
import type { ClaimedRun } from './claim.ts'

const firstLookMs = 250
const retryMs = 1000

/**
 * Stops a run when somebody asks for it in the request's stream. It follows the stream only once a run takes longer than most do;
 * it starts at the claim, so that nothing is missed. Answers how to end it.
 */
export function watchCancellation(context: ExecutorContext, claimed: ClaimedRun): () => void {
  const { run, stop } = claimed
  let ended = false
  let unsubscribe: () => Promise<void> = () => Promise.resolve()

  const follow = async () => {
    try {
      const subscription = context.store.client.subscribeToStream(streamName('request', run.requestId), {
        fromRevision: BigInt(run.startRevision),
      })
      unsubscribe = () => subscription.unsubscribe()
      for await (const { event } of subscription) {
        const decoded = event && decodeEvent(event)
        if (decoded?.type !== 'CancellationRequested' || decoded.data.executionId !== run.executionId)
          continue
        claimed.cancelledBy = decoded.actor.kind === 'user' ? decoded.actor.id : null
        stop.abort('cancelled')
        return
      }
    } catch (error) {
      if (!ended)
        context.log.warn(
          { err: error, requestId: run.requestId },
          'lost sight of cancellations; looking again',
        )
    }
    // A server that ends the subscription without a word leaves the run unwatched as well.
    if (!ended) timer = setTimeout(() => void follow(), retryMs)
  }
  let timer = setTimeout(() => void follow(), firstLookMs)

  return () => {
    ended = true
    clearTimeout(timer)
    unsubscribe().catch(() => undefined)
  }
}
