import { setTimeout as delay } from 'node:timers/promises'
import { foldRequest } from '@sre-portal/domain'
import { loadRequest } from '@sre-portal/platform/aggregates'
import { checkpointOf } from '../faults/checkpoint.ts'
import type { RequestEvents } from '../faults/history.ts'
import type { Asked } from './commands.ts'
import type { SoakPortal } from './soakPortal.ts'

const group = 'executors'
const patienceMs = 60_000
const eachMs = 200

/** Ends every fault: all parts run, without failpoints, and every connection is open. */
export async function heal(portal: SoakPortal): Promise<void> {
  for (const { proxy } of portal.targets) await proxy.mend()
  await portal.targetServer.start()
  for (const part of portal.parts) {
    part.thaw()
    if (part.isArmed) await part.kill()
    if (!part.isRunning) await part.start()
  }
}

/** Waits until every request is at rest and projected. Answers what is still under way, in words; empty when nothing is. */
export async function settle(
  portal: SoakPortal,
  asked: Asked[],
): Promise<{ events: Map<string, RequestEvents>; unsettled: string[] }> {
  const until = Date.now() + patienceMs
  for (;;) {
    for (const part of portal.parts) if (!part.isRunning) await part.start()
    const { unsettled, events } = await look(portal, asked)
    if (unsettled.length === 0 || Date.now() > until) return { events, unsettled }
    await delay(eachMs)
  }
}

async function look(portal: SoakPortal, asked: Asked[]) {
  try {
    await portal.store.client.replayParkedMessagesToAll(group)
    const events = await eventsOf(portal, asked)
    const unsettled = [
      ...underWay(events),
      ...(await notProjected(portal, events)),
      ...(await inGroup(portal)),
    ]
    return { events, unsettled }
  } catch (error) {
    return { events: new Map<string, RequestEvents>(), unsettled: [String(error)] }
  }
}

async function eventsOf(portal: SoakPortal, asked: Asked[]): Promise<Map<string, RequestEvents>> {
  const events = new Map<string, RequestEvents>()
  for (const { requestId } of asked)
    events.set(requestId, (await loadRequest(portal.store, requestId)).events)
  return events
}

function underWay(events: Map<string, RequestEvents>): string[] {
  return [...events].flatMap(([requestId, history]) => {
    const status = foldRequest(history)?.status
    return status === 'APPROVED' || status === 'EXECUTING' ? [`request ${requestId} is still ${status}`] : []
  })
}

async function notProjected(portal: SoakPortal, events: Map<string, RequestEvents>): Promise<string[]> {
  const last = [...events.values()].flatMap((history) => history.at(-1)?.position ?? [])
  const end = last.reduce((most, position) => (position > most ? position : most), 0n)
  const position = (await checkpointOf(portal.admin)) ?? 0n
  return position < end ? [`the projection stands at ${position} and not at ${end}`] : []
}

/** What the persistent subscription still holds, or has put aside. */
async function inGroup({ store }: SoakPortal): Promise<string[]> {
  const { stats } = await store.client.getPersistentSubscriptionToAllInfo(group)
  const parked = Number(stats.parkedMessageCount)
  const held = stats.totalInFlightMessages + Number(stats.retryBufferCount)
  return [
    ...(parked > 0 ? [`${parked} messages are parked`] : []),
    ...(held > 0 ? [`${held} messages are not acknowledged`] : []),
  ]
}
