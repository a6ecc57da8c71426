import type { ClientRequest, IncomingMessage } from 'node:http'
import { NoAnswerInTime } from '@sre-portal/platform/outage'

/**
 * Ends a request that was passed on whole and gets no beginning of an answer in time: a frozen service takes what it is sent and says
 * nothing. How long the client takes to send it, and how long the answer goes on, is bounded elsewhere.
 */
export function awaitFirstByte(outgoing: ClientRequest, incoming: IncomingMessage, ms: number): void {
  const timer = setTimeout(() => {
    if (incoming.complete) outgoing.destroy(new NoAnswerInTime('The service', ms))
    else timer.refresh()
  }, ms)
  const forget = () => clearTimeout(timer)
  incoming.once('end', () => timer.refresh())
  outgoing.once('response', forget)
  outgoing.once('close', forget)
}
