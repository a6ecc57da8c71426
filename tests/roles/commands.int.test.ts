import { createHmac, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  newCast,
  newUser,
  queryBody,
  startCommandService,
  type Cast,
  type CommandService,
} from '@sre-portal/command-service/testing/commandService'
import { streamName, type Accepted, type RequestAction, type RequestEvent } from '@sre-portal/contracts'
import { contentHashOf } from '@sre-portal/domain'
import { loadRequest } from '@sre-portal/platform/aggregates'
import { commandRoutes } from '@sre-portal/query-service/api/commandRoutes'
import {
  commandedRequests,
  commanders,
  commandsByRole,
  commandsOnRequests,
  strangers,
  type CommandedRequest,
  type Commander,
} from './commandTable.ts'

const people = [...strangers, ...commanders]

let service: CommandService
let cast: Cast
let tokens: Record<Commander, string>
beforeAll(async () => {
  service = await startCommandService()
  cast = await newCast(service)
  const admin = cast.ada.token
  const [emil, lea, gone, out] = [
    await newUser(service, admin, 'Emil', 'DEVELOPER'),
    await newUser(service, admin, 'Lea', 'MANAGER'),
    await newUser(service, admin, 'Gone', 'ADMIN'),
    await newUser(service, admin, 'Out', 'ADMIN'),
  ]
  await call('PATCH', '/api/pods/search', admin, { deputyIds: [lea.id] })
  await call('PATCH', `/api/users/${gone.id}`, admin, { active: false })
  await call('POST', '/api/auth/logout', '', { refreshToken: out.session.refreshToken })
  const { dana, grace, pavel, otto } = cast
  tokens = {
    nobody: '',
    forged: admin.replace(/[^.]+$/, (signature) => signature.split('').toReversed().join('')),
    expired: expiredTokenOf(admin),
    gone: gone.token,
    out: out.token,
    dana: dana.token,
    emil: emil.token,
    grace: grace.token,
    pavel: pavel.token,
    otto: otto.token,
    lea: lea.token,
    ada: admin,
  }
})
afterAll(() => service.close())

/** The same token as it will be in an hour. */
function expiredTokenOf(token: string): string {
  const [header = '', payload = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iat: number; exp: number }
  const past = { ...claims, iat: claims.iat - 3_600, exp: claims.exp - 3_600 }
  const signed = `${header}.${Buffer.from(JSON.stringify(past)).toString('base64url')}`
  return `${signed}.${createHmac('sha256', service.context.jwtSecret).update(signed).digest('base64url')}`
}

const call = (method: string, path: string, token: string, body: unknown) =>
  service.api<Accepted>(method, path, { ...(token && { token }), body })

const byRole = Object.entries(commandRoutes).flatMap(([operation, { method, path }]) => {
  const expected = commandsByRole[operation as keyof typeof commandRoutes]
  return expected === 'by request' ? [] : [{ method: method.toUpperCase(), path, expected }]
})

describe.each(byRole)('$method $path', ({ method, path, expected }) => {
  it('lets in whom the table of roles lets in', async () => {
    const target = path.replace('{id}', '00000000-0000-4000-8000-000000000000')
    const answers: Partial<Record<Commander, number>> = {}
    for (const who of people)
      answers[who] = (await call(method, target, tokens[who], { nothingOfThis: true })).status
    expect(answers).toEqual(expected)
  })
})

const makers: Record<
  Exclude<CommandedRequest, 'no'>,
  { by: Commander; podId: string; approver: Commander }
> = {
  'Dana’s in Payments': { by: 'dana', podId: 'payments', approver: 'pavel' },
  'Grace’s in Payments': { by: 'grace', podId: 'payments', approver: 'pavel' },
  'Otto’s in Search': { by: 'otto', podId: 'search', approver: 'lea' },
}
const contentHash = contentHashOf('select count(*) from orders')
const bodies: Record<RequestAction, object> = {
  approve: { contentHash },
  reject: { reason: 'Not in business hours.' },
  withdraw: {},
  cancel: {},
  settle: { outcome: 'EXECUTED', reason: 'Seen in the table.' },
}

/** A request in the status in which the action is possible, so that only the person decides. */
async function requestFor(action: RequestAction, what: CommandedRequest): Promise<string> {
  if (what === 'no') return randomUUID()
  const { by, podId, approver } = makers[what]
  const { body, status } = await call('POST', '/api/requests', tokens[by], queryBody(cast, { podId }))
  expect(status).toBe(201)
  if (action === 'cancel' || action === 'settle')
    await call('POST', `/api/requests/${body.id}/approve`, tokens[approver], { contentHash })
  if (action === 'settle') await loseTrack(body.id)
  return body.id
}

async function loseTrack(requestId: string): Promise<void> {
  const { state, revision, events } = await loadRequest(service.store, requestId)
  const executionId = randomUUID()
  const lost: RequestEvent[] = [
    {
      type: 'ExecutionStarted',
      data: {
        executionId,
        executorId: 'executor-1',
        contentHash,
        instanceRevision: state?.instanceRevision ?? 0,
        approvalEventId: events.at(-1)?.id ?? '',
      },
    },
    {
      type: 'ExecutionOutcomeUnknown',
      data: { executionId, reason: 'The executor is gone.', transactionId: null },
    },
  ]
  const metadata = {
    actor: { kind: 'service' as const, name: 'executor' },
    at: new Date().toISOString(),
    correlationId: 'c',
    schemaVersion: 1,
  }
  await service.store.append(
    streamName('request', requestId),
    lost.map((event) => ({ id: randomUUID(), event, metadata })),
    revision,
  )
}

const cells = Object.keys(commandsOnRequests).flatMap((action) =>
  commandedRequests.map((what) => ({ action: action as RequestAction, what })),
)

describe.each(cells)('to $action $what request', ({ action, what }) => {
  it('is answered as the table of rights says', async () => {
    const expected = commandsOnRequests[action][what]
    const answers: Partial<Record<Commander, number>> = {}
    // Who may not changes nothing, so all of them ask about one.
    const shared = await requestFor(action, what)
    for (const who of people) {
      const id = expected[who] === 200 ? await requestFor(action, what) : shared
      answers[who] = (await call('POST', `/api/requests/${id}/${action}`, tokens[who], bodies[action])).status
    }
    expect(answers).toEqual(expected)
  })
})
