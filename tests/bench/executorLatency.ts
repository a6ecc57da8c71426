import { EventStoreDBClient, streamNameFilter } from '@eventstore/db-client'
import pg from 'pg'
import type { TestPortal, TestRequest } from '@sre-portal/executor/testing/portal'
import { timeOf, timesOf, type Times } from './samples.ts'

const ends = ['RequestExecuted', 'RequestFailed', 'ExecutionOutcomeUnknown']

/** From the call that approves to the end of the run at a live subscriber, one request after the other. */
export async function approveToResult(
  portal: TestPortal,
  request: TestRequest,
  count: number,
): Promise<Times> {
  const client = EventStoreDBClient.connectionString(portal.eventStoreUrl)
  const subscription = client.subscribeToAll({
    fromPosition: 'end',
    filter: streamNameFilter({ prefixes: ['request-'] }),
  })
  const waiting = new Map<string, (type: string) => void>()
  subscription.on('data', ({ event }) => {
    if (event && ends.includes(event.type)) waiting.get(event.streamId)?.(event.type)
  })
  await new Promise((resolve) => subscription.once('caughtUp', resolve))
  const samples: number[] = []
  for (let n = 0; n < count; n++) {
    const submitted = await portal.submitted(request)
    const ended = new Promise<string>((resolve) => waiting.set(`request-${submitted.requestId}`, resolve))
    samples.push(
      await timeOf(async () => {
        await portal.approve(submitted)
        const type = await ended
        if (type !== 'RequestExecuted') throw new Error(`A request ended with ${type}`)
      }),
    )
  }
  await subscription.unsubscribe()
  await client.dispose()
  return timesOf(samples)
}

export interface RoundTrips {
  /** A connection of its own for each query, as the executor opens. */
  connecting: Times
  /** One query on a connection that is open. */
  connected: Times
}

export async function plainRoundTrips(url: string, sql: string, count: number): Promise<RoundTrips> {
  const open = new pg.Client({ connectionString: url })
  await open.connect()
  const [connecting, connected]: [number[], number[]] = [[], []]
  for (let n = 0; n < count; n++) {
    connected.push(await timeOf(() => open.query(sql)))
    connecting.push(
      await timeOf(async () => {
        const client = new pg.Client({ connectionString: url })
        await client.connect()
        await client.query(sql)
        await client.end()
      }),
    )
  }
  await open.end()
  return { connecting: timesOf(connecting), connected: timesOf(connected) }
}
