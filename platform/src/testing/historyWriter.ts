import { randomUUID } from 'node:crypto'
import {
  defaultExecutionLimits,
  directoryStream,
  operationsStream,
  streamName,
  type Actor,
  type DomainEvent,
  type Role,
  type StreamCategory,
} from '@sre-portal/contracts'
import { contentHashOf } from '@sre-portal/domain'
import { currentSchemaVersion } from '../eventCodec.ts'
import type { EventStore } from '../eventStore.ts'

/** A person in a test's history. */
export interface Someone {
  id: string
  name: string
  role: Role
}
/** Who registers people and pods in a test's history. */
export const system: Actor = { kind: 'service', name: 'set-up' }
/** The service that runs requests. */
export const executor: Actor = { kind: 'service', name: 'executor' }
/** A person as the actor of an event. */
export const as = (person: Someone): Actor => ({ kind: 'user', ...person })

/** For tests: writes histories as the services would, each stream at the revision it has, one minute after the other. */
export function historyWriter(store: EventStore) {
  const revisions = new Map<string, number>()
  let minute = 0

  async function append(
    category: StreamCategory,
    id: string,
    actor: Actor,
    ...events: DomainEvent[]
  ): Promise<bigint> {
    const stream =
      category === directoryStream || category === operationsStream ? category : streamName(category, id)
    const at = new Date(Date.UTC(2026, 0, 5, 9, minute++)).toISOString()
    const outcome = await store.append(
      stream,
      events.map((event) => ({
        id: randomUUID(),
        event,
        metadata: {
          actor,
          at,
          correlationId: `c-${minute}`,
          schemaVersion: currentSchemaVersion,
          sourceAddress: '10.0.0.7',
        },
      })),
      revisions.get(stream) ?? -1,
    )
    if (!outcome.appended) throw new Error(`${stream} was written by somebody else`)
    revisions.set(stream, outcome.revision)
    return outcome.position
  }

  return {
    append,
    async user(name: string, role: Role): Promise<Someone> {
      const id = randomUUID()
      const email = `${name.toLowerCase().replaceAll(' ', '.')}@example.test`
      await append('user', id, system, {
        type: 'UserRegistered',
        data: { userId: id, email, name, role, demo: false },
      })
      return { id, name, role }
    },
    async pod(id: string, name: string, manager: Someone, ...deputies: Someone[]): Promise<string> {
      await append(
        'pod',
        id,
        system,
        { type: 'PodCreated', data: { podId: id, name } },
        { type: 'PodManagerAssigned', data: { userId: manager.id } },
        ...deputies.map((deputy) => ({ type: 'PodDeputyAdded' as const, data: { userId: deputy.id } })),
      )
      return id
    },
    async instance(name: string): Promise<string> {
      const id = randomUUID()
      await append(
        'instance',
        id,
        system,
        {
          type: 'InstanceRegistered',
          data: {
            instanceId: id,
            engine: 'postgresql',
            name,
            environment: 'production',
            endpoint: { kind: 'host', host: 'db.internal', port: 5432, tls: true },
            databases: ['orders'],
            username: 'app_rw',
          },
        },
        { type: 'InstanceCredentialsRotated', data: { keyId: 'k1' } },
      )
      return id
    },
    async submit(
      requester: Someone,
      podId: string,
      instanceId: string,
      overrides: Partial<(DomainEvent & { type: 'RequestSubmitted' })['data']> = {},
    ): Promise<string> {
      const requestId = overrides.requestId ?? randomUUID()
      const content = overrides.content ?? 'select 1'
      await append('request', requestId, as(requester), {
        type: 'RequestSubmitted',
        data: {
          requestId,
          requesterId: requester.id,
          podId,
          instanceId,
          instanceRevision: 0,
          engine: 'postgresql',
          database: 'orders',
          kind: 'query',
          content,
          contentHash: contentHashOf(content),
          fileName: null,
          transactionMode: 'single',
          comment: 'Find the lost order\nbecause the customer asks',
          ticket: 'OPS-7',
          limits: defaultExecutionLimits,
          resubmissionOf: null,
          ...overrides,
        },
      })
      return requestId
    },
    approve: (request: string, by: Someone) =>
      append('request', request, as(by), {
        type: 'RequestApproved',
        data: { contentHash: contentHashOf('select 1'), instanceRevision: 0 },
      }),
    async execute(
      request: string,
      result: { resultId: string; resultSha256: string } | null = null,
    ): Promise<string> {
      const executionId = randomUUID()
      await append(
        'request',
        request,
        executor,
        {
          type: 'ExecutionStarted',
          data: {
            executionId,
            executorId: 'executor-1',
            contentHash: contentHashOf('select 1'),
            instanceRevision: 0,
            approvalEventId: randomUUID(),
          },
        },
        { type: 'TransactionOpened', data: { executionId, transactionId: '77' } },
        {
          type: 'RequestExecuted',
          data: {
            executionId,
            resultId: result?.resultId ?? randomUUID(),
            resultSha256: result?.resultSha256 ?? contentHashOf('result'),
            statementCount: 1,
            storedRows: 412,
            affectedRows: 0,
            cutBy: null,
            durationMs: 218,
            recovered: false,
          },
        },
      )
      return executionId
    },
  }
}
/** What `historyWriter` answers. */
export type HistoryWriter = ReturnType<typeof historyWriter>
