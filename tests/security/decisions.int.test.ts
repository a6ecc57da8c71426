import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  newCast,
  queryBody,
  startCommandService,
  type Cast,
  type CommandService,
} from '@sre-portal/command-service/testing/commandService'
import { streamName, type Accepted, type RequestEvent } from '@sre-portal/contracts'
import { contentHashOf } from '@sre-portal/domain'
import { loadRequest } from '@sre-portal/platform/aggregates'

let service: CommandService
let cast: Cast
beforeAll(async () => {
  service = await startCommandService()
  cast = await newCast(service)
})
afterAll(() => service.close())

const contentHash = contentHashOf('select count(*) from orders')
const reason = 'Use the replica instead.'
const commands = {
  'the manager approves': ['approve', 'grace', { contentHash }],
  'the deputy approves': ['approve', 'pavel', { contentHash }],
  'the deputy rejects': ['reject', 'pavel', { reason }],
  'an administrator rejects': ['reject', 'ada', { reason }],
  'the requester withdraws': ['withdraw', 'dana', {}],
} as const
type Who = keyof typeof commands

const submit = async () => {
  const { status, body } = await service.api<Accepted>('POST', '/api/requests', {
    token: cast.dana.token,
    body: queryBody(cast),
  })
  expect(status).toBe(201)
  return body.id
}
const decide = async (id: string, who: Who) => {
  const [action, person, body] = commands[who]
  const answer = await service.api('POST', `/api/requests/${id}/${action}`, {
    token: cast[person].token,
    body,
  })
  return answer.status
}
const typesOf = async (id: string) =>
  (await service.store.readStream(streamName('request', id))).map(({ type }) => type)

const races: [string, Who[]][] = [
  ['two approvals', ['the manager approves', 'the deputy approves']],
  ['an approval and a rejection', ['the manager approves', 'the deputy rejects']],
  ['an approval and a withdrawal', ['the manager approves', 'the requester withdraws']],
  ['two rejections', ['the deputy rejects', 'an administrator rejects']],
]

describe('decisions', () => {
  it.each(races)('of %s at the same moment exactly one counts', { timeout: 120_000 }, async (_name, both) => {
    for (let round = 0; round < 25; round++) {
      const id = await submit()
      const statuses = await Promise.all(both.map((who) => decide(id, who)))
      expect(statuses.toSorted((one, other) => one - other)).toEqual([200, 409])
      expect(await typesOf(id)).toHaveLength(2)
    }
  })

  const ends: [string, (id: string) => Promise<unknown>][] = [
    ['approved', (id) => decide(id, 'the manager approves')],
    ['rejected', (id) => decide(id, 'the deputy rejects')],
    ['withdrawn', (id) => decide(id, 'the requester withdraws')],
    [
      'cancelled',
      async (id) => {
        await decide(id, 'the manager approves')
        await service.api('POST', `/api/requests/${id}/cancel`, { token: cast.dana.token, body: {} })
      },
    ],
    ['executed', (id) => run(id, 'executed')],
    ['failed', (id) => run(id, 'failed')],
    ['unknown', (id) => run(id, 'unknown')],
  ]
  it.each(ends)('a request that is %s is not decided again', async (_name, end) => {
    const id = await submit()
    await end(id)
    const before = await typesOf(id)
    for (const who of Object.keys(commands) as Who[]) expect([who, await decide(id, who)]).toEqual([who, 409])
    expect(await typesOf(id)).toEqual(before)
  })

  async function run(id: string, ending: 'executed' | 'failed' | 'unknown') {
    await decide(id, 'the manager approves')
    const { state, revision, events } = await loadRequest(service.store, id)
    const executionId = randomUUID()
    const started: RequestEvent = {
      type: 'ExecutionStarted',
      data: {
        executionId,
        executorId: 'executor-1',
        contentHash,
        instanceRevision: state?.instanceRevision ?? 0,
        approvalEventId: events.at(-1)?.id ?? '',
      },
    }
    const metadata = {
      actor: { kind: 'service' as const, name: 'executor' },
      at: new Date().toISOString(),
      correlationId: 'c',
      schemaVersion: 1,
    }
    await service.store.append(
      streamName('request', id),
      [started, endings[ending](executionId)].map((event) => ({ id: randomUUID(), event, metadata })),
      revision,
    )
  }
})

const outcome = {
  resultId: null,
  resultSha256: null,
  statementCount: 1,
  storedRows: 0,
  affectedRows: 0,
  cutBy: null,
  durationMs: 3,
  recovered: false,
}
const endings: Record<'executed' | 'failed' | 'unknown', (executionId: string) => RequestEvent> = {
  executed: (executionId) => ({ type: 'RequestExecuted', data: { executionId, ...outcome } }),
  failed: (executionId) => ({
    type: 'RequestFailed',
    data: {
      executionId,
      ...outcome,
      error: {
        code: 'TARGET_UNREACHABLE',
        message: 'No answer.',
        detail: null,
        hint: null,
        position: null,
        line: null,
        column: null,
        stack: null,
      },
      effects: 'none',
    },
  }),
  unknown: (executionId) => ({
    type: 'ExecutionOutcomeUnknown',
    data: { executionId, reason: 'The executor is gone.', transactionId: null },
  }),
}

it.each([
  ['SQL', { content: 'select 1' }],
  ['a script of nothing', { content: 'db.' }],
])('a text in the language of another engine is not taken: %s', async (_name, change) => {
  const { body } = await service.api<Accepted>('POST', '/api/instances', {
    token: cast.ada.token,
    body: {
      name: `documents of ${_name}`,
      engine: 'mongodb',
      environment: 'production',
      endpoint: { kind: 'host', host: '127.0.0.1', port: 27017, tls: false },
      databases: ['orders'],
      username: 'app',
      password: 'p-4711',
    },
  })
  const answer = await service.api('POST', '/api/requests', {
    token: cast.dana.token,
    body: queryBody(cast, { instanceId: body.id, ...change }),
  })
  expect(answer.status).toBe(422)
})
