import { EventStoreDBClient, jsonEvent, PARK, type ResolvedEvent } from '@eventstore/db-client'
import { vi } from 'vitest'
import type { IncomingHttpHeaders } from 'node:http2'
import type { Interception } from '@sre-portal/infra/event-store/interception.ts'
import { gossipPath } from '@sre-portal/infra/event-store/gossip.ts'
import { startEventStore } from '@sre-portal/infra/event-store/server.ts'
import { supportedMethodsPath } from '@sre-portal/infra/event-store/serverFeatures.ts'
import { GrpcError, statusCode } from '@sre-portal/infra/event-store/transport/grpcStatus.ts'
import { TcpProxy } from '../faults/tcpProxy.ts'
import { testDatabase } from './postgres.ts'

/** What the node does wrong at the moment; a test sets it at any time, `{}` mends everything. */
export interface Troubles {
  /** The caller is no operator: creating, updating, deleting and replaying groups is "Access Denied". */
  groupsDenied?: boolean
  /** The caller may not read `$all`: reads, subscriptions and groups on it are "Access Denied". */
  readAllDenied?: boolean
  /** Up without a leader: every call but those of discovery is "Server Is Not Ready", appends under way included. */
  notReady?: boolean
  /** Discovery (gossip) and the list of server features are unavailable, as in the first seconds after a kill. */
  discoveryFails?: boolean
  /** Says of each append how it goes: `lost` and `written` are both answered `deadline-exceeded`. */
  appends?: (stream: string) => 'right' | 'lost' | 'written'
  /** Says of each position from which `$all` is read whether it is no event's start: read models of another store. */
  invalidPosition?: (commit: number) => boolean
}

export interface RealNode {
  /** `esdb://`, through a proxy that can be frozen or closed. */
  readonly connectionString: string
  /** The same by `esdb+discover://`. */
  readonly discoverString: string
  /** A client of the test's own: an administrator past the proxy, whom none of the troubles touches. */
  readonly admin: EventStoreDBClient
  trouble(troubles: Troubles): void
  /** Accepts connections and answers nothing, as a process that was stopped, until `thaw`. */
  freeze(): Promise<void>
  /** Refuses connections and has cut those that were open, as a killed node, until `thaw`. */
  down(): Promise<void>
  thaw(): Promise<void>
  /**
   * What a restart or a change of leader does to a group on `$all` nobody consumed from: its checkpoint moves to the end of the log, beyond
   * what it never delivered; its buffers are empty; it says "Live". Consumers that are connected are dropped.
   */
  loseBacklog(group: string): Promise<void>
  /** Another consumer parks what matches; the group has to be free of other consumers. Answers how many are parked. */
  park(group: string, matches: (event: ResolvedEvent) => boolean, count: number): Promise<number>
  /** Events of the node's own at the end of `$all` (statistics), which no filter for events of the product matches. */
  writeOwnEvents(count?: number): Promise<void>
  close(): Promise<void>
}

const adminName = 'admin-of-tests'

/**
 * A stand-in for a real EventStoreDB node: the embedded event store with the troubles that were seen at a real one. Start it in
 * `beforeAll`, connect what is tested to `connectionString`, then make trouble:
 *
 *     const node = await realNode()
 *     await node.loseBacklog('executors')                                   // approvals that nobody will be given
 *     node.trouble({ groupsDenied: true })                                  // a user without the right to make groups
 *     node.trouble({ appends: (stream) => stream === mine ? 'written' : 'right' })
 *     await node.freeze(); await node.thaw()
 *     node.trouble({})                                                      // all is well again
 */
export async function realNode(): Promise<RealNode> {
  const database = await testDatabase()
  let troubles: Troubles = {}
  const advertised = { port: 0 }
  const shared = { postgresUrl: database.url, host: '127.0.0.1', port: 0, log: () => undefined }
  const server = await startEventStore({
    ...shared,
    interception: interceptionOf(() => troubles),
    // Known when the first client asks: the proxy is opened after the port it leads to.
    get advertisePort() {
      return advertised.port
    },
  })
  const proxy = await TcpProxy.open({ host: '127.0.0.1', port: server.port })
  advertised.port = proxy.port
  const address = `127.0.0.1:${proxy.port}?tls=false`
  const admin = EventStoreDBClient.connectionString(
    `esdb://127.0.0.1:${server.port}?tls=false&connectionName=${adminName}`,
  )
  // Connects now: what it does later must not depend on discovery.
  await writeOwnEvents(admin, 1)
  return {
    connectionString: `esdb://${address}`,
    discoverString: `esdb+discover://${address}`,
    admin,
    trouble: (next) => {
      troubles = next
    },
    freeze: () => proxy.disturb('blackhole'),
    down: () => proxy.disturb('closed'),
    thaw: () => proxy.mend(),
    loseBacklog: (group) => loseBacklog(admin, group),
    park: (group, matches, count) => park(admin, group, matches, count),
    writeOwnEvents: (count = 3) => writeOwnEvents(admin, count),
    close: async () => {
      await proxy.close()
      await admin.dispose()
      await server.close()
      await database.drop()
    },
  }
}

function interceptionOf(troubles: () => Troubles): Interception {
  return {
    beforeCall: (path, headers) => {
      if (isAdmin(headers)) return undefined
      const { discoveryFails, notReady } = troubles()
      const isDiscovery = path === gossipPath || path === supportedMethodsPath
      return (isDiscovery ? discoveryFails : notReady) ? notReadyAnswer() : undefined
    },
    access: (own) => ({
      ...own,
      identify: (headers) =>
        isAdmin(headers) ? { name: adminName, groups: ['$admins'] } : own.identify(headers),
      requireOperator: (caller) => {
        if (caller.name !== adminName && troubles().groupsDenied) throw accessDenied()
        own.requireOperator(caller)
      },
      requireStream: async (caller, action, stream) => {
        if (caller.name !== adminName && stream === '$all' && troubles().readAllDenied) throw accessDenied()
        await own.requireStream(caller, action, stream)
      },
    }),
    append: ({ stream }, settle, write) => {
      // The node's own streams are written by this stand-in alone.
      if (stream.startsWith('$')) return write(settle)
      const { appends, notReady } = troubles()
      const fate = appends?.(stream) ?? 'right'
      if (notReady) settle({ kind: 'unavailable', reason: 'Server Is Not Ready' })
      else if (fate === 'lost') settle({ kind: 'timedOut' })
      else if (fate === 'written') write(() => settle({ kind: 'timedOut' }))
      else write(settle)
    },
    beforeRead: (plan) => {
      const start = plan.kind === 'readAll' ? plan.from : plan.kind === 'subscribeAll' ? plan.after : 'start'
      if (typeof start === 'object' && troubles().invalidPosition?.(start.commit))
        throw new GrpcError(statusCode.invalidArgument, 'Trying to read from an invalid position.')
    },
  }
}

function isAdmin(headers: IncomingHttpHeaders): boolean {
  return headers['connection-name'] === adminName
}

function notReadyAnswer(): GrpcError {
  return new GrpcError(statusCode.unavailable, 'Server Is Not Ready')
}

function accessDenied(): GrpcError {
  return new GrpcError(statusCode.permissionDenied, 'Access Denied', { exception: 'access-denied' })
}

async function headOf(admin: EventStoreDBClient): Promise<bigint> {
  let head = 0n
  // To its end: a read that is left half way keeps the client from closing.
  for await (const { event } of admin.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 }))
    head = event?.position.commit ?? head
  return head
}

async function loseBacklog(admin: EventStoreDBClient, group: string): Promise<void> {
  const head = await headOf(admin)
  const info = () => admin.getPersistentSubscriptionToAllInfo(group)
  const checkpoint = async () => (await info()).stats.lastCheckpointedEventPosition?.commit ?? 0n
  // An acknowledgement under way may still write the checkpoint that it had meant to: then once more.
  do {
    await admin.appendToStream(
      `$persistentsubscription-$all::${group}-checkpoint`,
      jsonEvent({ type: '$SubscriptionCheckpoint', data: `C:${head}/P:${head}` }),
    )
    await admin.restartPersistentSubscriptionSubsystem()
  } while ((await checkpoint()) < head)
  await vi.waitFor(async () => {
    const { status } = await info()
    if (status !== 'Live') throw new Error(`The group ${group} is ${status}`)
  })
}

async function park(
  admin: EventStoreDBClient,
  group: string,
  matches: (event: ResolvedEvent) => boolean,
  count: number,
): Promise<number> {
  const parkedCount = async () =>
    Number((await admin.getPersistentSubscriptionToAllInfo(group)).stats.parkedMessageCount)
  const wanted = (await parkedCount()) + count
  const subscription = admin.subscribeToPersistentSubscriptionToAll(group)
  subscription.on('data', (event) => {
    if (matches(event)) void subscription.nack(PARK, 'another consumer could not read it', event)
  })
  await vi.waitFor(async () => {
    const parked = await parkedCount()
    if (parked < wanted) throw new Error(`${parked} of ${wanted} messages are parked`)
  })
  await subscription.unsubscribe()
  return parkedCount()
}

async function writeOwnEvents(admin: EventStoreDBClient, count: number): Promise<void> {
  const events = Array.from({ length: count }, () =>
    jsonEvent({ type: '$statsCollected', data: { 'proc-mem': 1 } }),
  )
  await admin.appendToStream('$stats-127.0.0.1:2113', events)
}
