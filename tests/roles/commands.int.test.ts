import { randomUUID } from 'node:crypto'
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

/**
 * Every command by everybody. Dana and Emil are developers; Grace manages Payments, Pavel is her deputy; Otto manages Search, Lea is his
 * deputy; Ada is an administrator; Gone is one who was deactivated, Out has signed out. A route that is not in these tables does not compile.
 */
const people = ['nobody', 'gone', 'out', 'dana', 'emil', 'grace', 'pavel', 'otto', 'lea', 'ada'] as const
type Who = (typeof people)[number]

let service: CommandService
let cast: Cast
let tokens: Record<Who, string>
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

const call = (method: string, path: string, token: string, body: unknown) =>
  service.api<Accepted>(method, path, { ...(token && { token }), body })

type Row = Record<Who, number>
const row = (nobody: number, signedIn: number, manager: number, admin: number): Row => ({
  ...{ nobody, gone: nobody, out: nobody, dana: signedIn, emil: signedIn },
  ...{ grace: manager, pavel: manager, otto: manager, lea: manager, ada: admin },
})
/** Sent with a body that no route takes, 400 says: may, were it not for the body. */
const everybody = row(400, 400, 400, 400)
const signedIn = row(401, 400, 400, 400)
const administrators = row(401, 403, 403, 400)
const onRequests = 'by request' as const

const access: Record<keyof typeof commandRoutes, Row | typeof onRequests> = {
  login: everybody,
  refresh: everybody,
  logout: everybody,
  changePassword: signedIn,
  submitRequest: signedIn,
  approveRequest: onRequests,
  rejectRequest: onRequests,
  withdrawRequest: onRequests,
  cancelRequest: onRequests,
  settleRequest: onRequests,
  registerUser: administrators,
  changeUser: administrators,
  confirmUser: administrators,
  createPod: administrators,
  changePod: administrators,
  registerInstance: administrators,
  changeInstance: administrators,
  testInstance: administrators,
  replayParked: administrators,
  readNotifications: signedIn,
}
const byRole = Object.entries(commandRoutes).flatMap(([operation, { method, path }]) => {
  const expected = access[operation as keyof typeof commandRoutes]
  return expected === onRequests ? [] : [{ method: method.toUpperCase(), path, expected }]
})

describe.each(byRole)('$method $path', ({ method, path, expected }) => {
  it('lets in whom the table of roles lets in', async () => {
    const target = path.replace('{id}', '00000000-0000-4000-8000-000000000000')
    const answers: Partial<Row> = {}
    for (const who of people)
      answers[who] = (await call(method, target, tokens[who], { nothingOfThis: true })).status
    expect(answers).toEqual(expected)
  })
})

/** Statuses in the order of `people`, whom nobody, Gone and Out lead with 401 each. */
const those = (...statuses: [number, number, number, number, number, number, number]): Row => {
  const [dana, emil, grace, pavel, otto, lea, ada] = statuses
  return { nobody: 401, gone: 401, out: 401, dana, emil, grace, pavel, otto, lea, ada }
}
const objects = ['Dana’s in Payments', 'Grace’s in Payments', 'Otto’s in Search', 'no'] as const
type What = (typeof objects)[number]

//                    dana emil grace pavel otto lea ada
const requests: Record<RequestAction, Record<What, Row>> = {
  approve: {
    'Dana’s in Payments': those(403, 403, 200, 200, 404, 404, 403),
    'Grace’s in Payments': those(403, 403, 403, 200, 404, 404, 403),
    'Otto’s in Search': those(403, 403, 404, 404, 403, 200, 403),
    no: those(403, 403, 404, 404, 404, 404, 403),
  },
  reject: {
    'Dana’s in Payments': those(403, 403, 200, 200, 404, 404, 200),
    'Grace’s in Payments': those(403, 403, 200, 200, 404, 404, 200),
    'Otto’s in Search': those(403, 403, 404, 404, 200, 200, 200),
    no: those(403, 403, 404, 404, 404, 404, 404),
  },
  withdraw: {
    'Dana’s in Payments': those(200, 404, 403, 403, 404, 404, 403),
    'Grace’s in Payments': those(404, 404, 200, 403, 404, 404, 403),
    'Otto’s in Search': those(404, 404, 404, 404, 200, 403, 403),
    no: those(404, 404, 404, 404, 404, 404, 404),
  },
  cancel: {
    'Dana’s in Payments': those(200, 404, 403, 200, 404, 404, 200),
    'Grace’s in Payments': those(404, 404, 200, 200, 404, 404, 200),
    'Otto’s in Search': those(404, 404, 404, 404, 200, 200, 200),
    no: those(404, 404, 404, 404, 404, 404, 404),
  },
  settle: {
    'Dana’s in Payments': those(403, 403, 200, 200, 404, 404, 200),
    'Grace’s in Payments': those(403, 403, 403, 200, 404, 404, 200),
    'Otto’s in Search': those(403, 403, 404, 404, 403, 200, 200),
    no: those(403, 403, 404, 404, 404, 404, 404),
  },
}
const makers: Record<Exclude<What, 'no'>, { by: Who; podId: string; approver: Who }> = {
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
async function requestFor(action: RequestAction, what: What): Promise<string> {
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

const cells = Object.keys(requests).flatMap((action) =>
  objects.map((what) => ({ action: action as RequestAction, what })),
)

describe.each(cells)('to $action $what request', ({ action, what }) => {
  it('is answered as the table of rights says', async () => {
    const expected = requests[action][what]
    const answers: Partial<Row> = {}
    // Who may not changes nothing, so all of them ask about one.
    const shared = await requestFor(action, what)
    for (const who of people) {
      const id = expected[who] === 200 ? await requestFor(action, what) : shared
      answers[who] = (await call('POST', `/api/requests/${id}/${action}`, tokens[who], bodies[action])).status
    }
    expect(answers).toEqual(expected)
  })
})
