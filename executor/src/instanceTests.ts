import { setTimeout as rest } from 'node:timers/promises'
import { streamName, type InstanceEvent } from '@sre-portal/contracts'
import { loadInstance } from '@sre-portal/platform/aggregates'
import { derivedId } from '@sre-portal/platform/commandHandler'
import { currentSchemaVersion, type StoredEvent } from '@sre-portal/platform/eventCodec'
import type { Instance } from '@sre-portal/domain'
import { boundsFor, type ExecutorContext } from './context.ts'
import { MongoConnection } from './mongo/connection.ts'
import { TargetUnreachable } from './postgres/databaseError.ts'
import { PostgresSession } from './postgres/session.ts'
import { mongoTarget, postgresTarget, TargetUnusable } from './runs/target.ts'

export type TestRequest = StoredEvent<InstanceEvent & { type: 'InstanceTestRequested' }>

type TestOutcome = (InstanceEvent & { type: 'InstanceTested' })['data']

const notReached =
  'No database server was reached there. The log of the executor says more; check address, port, TLS and the network.'
const testTimeMs = 10_000
const mostAttempts = 10

/** Connects to an instance and asks its version; the answer is an event on the instance's stream. Testing twice answers once. */
export async function answerInstanceTest(
  context: ExecutorContext,
  instanceId: string,
  request: TestRequest,
): Promise<void> {
  const { testId } = request.data
  const loaded = await loadInstance(context.store, instanceId)
  const isAnswered = (events: StoredEvent<InstanceEvent>[]) =>
    events.some((event) => event.type === 'InstanceTested' && event.data.testId === testId)
  if (!loaded.state || isAnswered(loaded.events)) return
  const data = await test(context, loaded.state, testId)
  let { revision } = loaded
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const outcome = await context.store.append(
      streamName('instance', instanceId),
      [answer(context, request, data)],
      revision,
    )
    if (outcome.appended) return
    const current = await loadInstance(context.store, instanceId)
    if (isAnswered(current.events)) return
    revision = current.revision
  }
  throw new Error(`The stream of instance ${instanceId} changes too fast to answer its test.`)
}

const answer = (context: ExecutorContext, request: TestRequest, data: TestOutcome) => ({
  id: derivedId(data.testId, 'InstanceTested'),
  event: { type: 'InstanceTested' as const, data },
  metadata: {
    actor: { kind: 'service' as const, name: 'executor' },
    at: context.now().toISOString(),
    correlationId: request.metadata.correlationId,
    causationId: request.id,
    schemaVersion: currentSchemaVersion,
  },
})

async function test(context: ExecutorContext, instance: Instance, testId: string): Promise<TestOutcome> {
  const began = performance.now()
  const told = (reachable: boolean, serverVersion: string | null, message: string) => ({
    testId,
    reachable,
    serverVersion,
    message,
    durationMs: performance.now() - began,
  })
  try {
    const version = await versionOf(context, instance)
    return told(
      true,
      version,
      `Connected to ${instance.databases[0] ?? 'the server'} as ${instance.username}.`,
    )
  } catch (error) {
    if (error instanceof TargetUnreachable && !error.wasRefused) {
      // One sentence after one time, whatever was there: a test must not tell open ports from closed ones, or hosts from none.
      context.log.info({ instanceId: instance.id, reason: error.message }, 'an instance was not reached')
      await rest(Math.max(0, context.connectTimeoutMs - (performance.now() - began)))
      return told(false, null, notReached)
    }
    if (error instanceof TargetUnreachable || error instanceof TargetUnusable)
      return told(false, null, error.message)
    context.log.warn({ err: error, instanceId: instance.id }, 'an instance test failed')
    return told(false, null, 'The test failed; the log of the executor says why.')
  }
}

async function versionOf(context: ExecutorContext, instance: Instance): Promise<string> {
  if (instance.engine === 'mongodb') return mongoVersion(context, instance)
  const target = await postgresTarget(context, instance, instance.databases[0] ?? 'postgres')
  const session = await PostgresSession.open(target, boundsFor(context, testTimeMs), 'sre-portal test')
  try {
    const [row] = await session.command('select version()')
    return row?.[0] ?? ''
  } finally {
    await session.close()
  }
}

async function mongoVersion(context: ExecutorContext, instance: Instance): Promise<string> {
  const target = await mongoTarget(context, instance, instance.databases[0] ?? 'admin')
  const connection = await MongoConnection.open(target, context.connectTimeoutMs, 'sre-portal test')
  try {
    return await connection.version()
  } finally {
    await connection.close()
  }
}
