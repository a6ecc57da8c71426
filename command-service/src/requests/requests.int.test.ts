import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Accepted, Fault } from '@sre-portal/contracts'
import { contentHashOf } from '@sre-portal/domain'
import { loadRequest } from '@sre-portal/platform/aggregates'
import {
  newCast,
  queryBody,
  startCommandService,
  type Cast,
  type CommandService,
} from '../testing/commandService.ts'

let service: CommandService
let cast: Cast
beforeAll(async () => {
  service = await startCommandService()
  cast = await newCast(service)
})
afterAll(() => service.close())

const submit = async (change: Record<string, unknown> = {}, token = cast.dana.token) =>
  service.api<Accepted>('POST', '/api/requests', { token, body: queryBody(cast, change) })
const typesOf = async (id: string) => (await loadRequest(service.store, id)).events.map(({ type }) => type)
const contentHash = contentHashOf('select count(*) from orders')
const act = (id: string, action: string, token: string, body: unknown = {}) =>
  service.api('POST', `/api/requests/${id}/${action}`, { token, body })

describe('submitting a query', () => {
  it('appends what was asked and answers where', async () => {
    const { status, body, headers } = await submit({ ticket: ' FIN-1 ' })
    expect(status).toBe(201)
    expect(headers.get('location')).toBe(`/api/requests/${body.id}`)
    expect(headers.get('etag')).toBe('"0"')
    const { state, events } = await loadRequest(service.store, body.id)
    expect(state).toMatchObject({
      status: 'PENDING',
      requesterId: cast.dana.id,
      podId: 'payments',
      contentHash,
      ticket: 'FIN-1',
      limits: { timeMs: 30_000, maxRows: 10_000 },
    })
    expect(events[0]?.metadata).toMatchObject({
      actor: { kind: 'user', id: cast.dana.id, name: 'Dana', role: 'DEVELOPER' },
      correlationId: headers.get('x-request-id'),
      schemaVersion: 1,
    })
    expect(String(events[0]?.position)).toBe(body.position)
  })

  it('creates one request for one key, however often it is sent, at once or later', async () => {
    const key = randomUUID()
    const send = () =>
      service.api<Accepted>('POST', '/api/requests', {
        token: cast.dana.token,
        body: queryBody(cast),
        headers: { 'idempotency-key': key },
      })
    const answers = await Promise.all([send(), send(), send()])
    answers.push(await send())
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(await typesOf(answers[0]?.body.id ?? '')).toEqual(['RequestSubmitted'])
  })

  it.each([
    ['an empty query', { content: '' }, 400, 'The query is empty.'],
    ['one byte too many', { content: 'x'.repeat(262_145) }, 413, '262,145 bytes; at most 262,144 (256 KiB)'],
    ['an unknown instance', { instanceId: randomUUID() }, 422, 'no such instance'],
    ['an unknown database', { database: 'billing' }, 422, 'it has orders'],
    ['an unknown pod', { podId: 'nowhere' }, 422, 'no such pod'],
    ['an unknown field', { status: 'APPROVED' }, 400, 'not valid'],
    ['no comment', { comment: '  ' }, 400, 'not valid'],
    ['a bell in the comment', { comment: 'Finance \u0007asks.' }, 400, 'not valid'],
    ['a NUL in the ticket', { ticket: 'F\0' }, 400, 'not valid'],
    ['an unknown original', { resubmissionOf: randomUUID() }, 422, 'no such request to submit again'],
  ])('refuses %s', async (_name, change, status, detail) => {
    const answer = await service.api('POST', '/api/requests', {
      token: cast.dana.token,
      body: queryBody(cast, change),
    })
    expect(answer.status).toBe(status)
    expect(answer.body.detail).toContain(detail)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'))
  })

  it.each([
    ['malformed JSON', '{"kind":', { 'content-type': 'application/json' }, 400],
    ['a form of another site', 'kind=query', { 'content-type': 'text/plain' }, 415],
    [
      'a body beyond any query',
      JSON.stringify({ content: 'x'.repeat(1_100_000) }),
      { 'content-type': 'application/json' },
      413,
    ],
  ])('refuses %s', async (_name, body, headers, status) =>
    expect(
      (await service.api('POST', '/api/requests', { token: cast.dana.token, body, headers })).status,
    ).toBe(status),
  )
})

it.each([
  ['select 1;\n  begin', 2, 3, 'BEGIN, COMMIT'],
  ['select {{id}}', 1, 8, 'placeholder'],
  ['-- nothing', null, null, 'no statement'],
])('does not let anybody ask for %j, which could not run', async (content, line, column, words) => {
  const { status, body } = await service.api<{ detail: string; faults: Fault[] }>('POST', '/api/requests', {
    token: cast.dana.token,
    body: queryBody(cast, { content }),
  })
  expect(status).toBe(422)
  expect(body.detail).toContain('was not submitted')
  expect(body.faults).toEqual([
    {
      path: 'content',
      message: expect.stringContaining(words) as string,
      ...(line && { place: { position: expect.any(Number) as number, line, column } }),
    },
  ])
})

it('says at the field which control character a text holds, and what it may hold', async () => {
  const submitted = await service.api('POST', '/api/requests', {
    token: cast.dana.token,
    body: queryBody(cast, { comment: 'Finance\tasks.\nNow\u0085.' }),
  })
  expect(submitted.status).toBe(400)
  expect(submitted.body.faults).toEqual([
    {
      path: 'comment',
      message:
        "A comment can't hold a control character: U+0085 at character 18. Only text, tabs and line breaks can be used.",
    },
  ])
  const { body: request } = await submit()
  const rejected = await service.api('POST', `/api/requests/${request.id}/reject`, {
    token: cast.grace.token,
    body: { reason: 'Not like \u001b[31mthis\u001b[0m.' },
  })
  expect([rejected.status, rejected.body.faults?.map(({ path }) => path)]).toEqual([400, ['reason']])
  expect(await typesOf(request.id)).toEqual(['RequestSubmitted'])
})

describe('uploading a script', () => {
  const upload = (
    bytes: string | Uint8Array<ArrayBuffer>,
    name = 'report.js',
    change: Record<string, string> = {},
  ) => {
    const form = new FormData()
    const { content: _content, ...fields } = queryBody(cast, { kind: 'script', ...change })
    for (const [key, value] of Object.entries(fields)) form.set(key, String(value))
    form.set('script', new Blob([bytes], { type: 'text/javascript' }), name)
    return service.api<Accepted & { detail: string }>('POST', '/api/requests', {
      token: cast.dana.token,
      body: form,
    })
  }

  it('keeps its text, its name and how it commits', async () => {
    const { status, body } = await upload('return 1 // ü', 'täglich.js', { transactionMode: 'per-statement' })
    expect(status).toBe(201)
    expect((await loadRequest(service.store, body.id)).state).toMatchObject({
      kind: 'script',
      content: 'return 1 // ü',
      fileName: 'täglich.js',
      transactionMode: 'per-statement',
    })
  })

  it('has a comment of lines, however the form has sent them', async () => {
    const { status, body } = await upload('return 1', 'x.js', { comment: 'One\r\n\ttwo\r\n' })
    expect(status).toBe(201)
    expect((await loadRequest(service.store, body.id)).state?.comment).toBe('One\n\ttwo')
  })

  it.each([
    ['a text file', 'return 1', 'x.txt', 415, 'Only .js files'],
    ['bytes that are no UTF-8', Uint8Array.from([0xff, 0xfe]), 'x.js', 400, 'not valid UTF-8'],
    ['a file a byte too large', 'x'.repeat(524_289), 'x.js', 413, '524,289 bytes; at most 524,288 (512 KiB)'],
    ['a file far too large', 'x'.repeat(2_200_000), 'x.js', 413, 'at most 524,288 (512 KiB)'],
    ['a NUL', 'a\0b', 'x.js', 400, 'control character (U+0000)'],
    ['an import', 'import "fs"', 'x.js', 422, 'Line 1, column 1: Scripts can not import or export'],
    ['half a statement', 'let a =', 'x.js', 422, 'Line 1, column 8: Unexpected token'],
  ])('refuses %s', async (_name, bytes, name, status, detail) => {
    const answer = await upload(bytes, name)
    expect(answer.status).toBe(status)
    expect(answer.body.detail).toContain(detail)
  })

  it('says so when it would not fit into an event', async () => {
    const { status, body } = await upload('1//' + '"'.repeat(524_285))
    expect(status).toBe(413)
    expect(body.detail).toContain('Written as an event')
  })
})

describe('deciding', () => {
  it('approves what was seen, once', async () => {
    const { body } = await submit()
    expect((await act(body.id, 'approve', cast.grace.token, { contentHash })).status).toBe(200)
    const again = await act(body.id, 'approve', cast.pavel.token, { contentHash })
    expect(again.status).toBe(409)
    expect(again.body.detail).toMatch(/^Already approved by Grace at \d\d:\d\d UTC\.$/)
    expect(await typesOf(body.id)).toEqual(['RequestSubmitted', 'RequestApproved'])
  })

  it('refuses a stale hash', async () => {
    const { body } = await submit()
    const { status, body: problem } = await act(body.id, 'approve', cast.grace.token, {
      contentHash: contentHashOf('x'),
    })
    expect([status, problem.code]).toEqual([409, 'conflict'])
    expect(await typesOf(body.id)).toEqual(['RequestSubmitted'])
  })

  it('refuses a rejection without a reason', async () => {
    const { body } = await submit()
    for (const reason of [undefined, '', '   ', 'too short'])
      expect((await act(body.id, 'reject', cast.grace.token, { reason })).status).toBe(400)
    expect(
      (await act(body.id, 'reject', cast.grace.token, { reason: 'Ask the replica, please.' })).status,
    ).toBe(200)
    expect(await typesOf(body.id)).toEqual(['RequestSubmitted', 'RequestRejected'])
  })

  it.each([
    ['the requester', 'dana', 403],
    ['an administrator', 'ada', 403],
    ['the manager of another pod', 'otto', 404],
  ] as const)('refuses an approval by %s', async (_name, who, status) => {
    const { body } = await submit()
    expect((await act(body.id, 'approve', cast[who].token, { contentHash })).status).toBe(status)
    expect(await typesOf(body.id)).toEqual(['RequestSubmitted'])
  })

  it('refuses the manager’s own request and says who can', async () => {
    const { body } = await submit({}, cast.grace.token)
    const { status, body: problem } = await act(body.id, 'approve', cast.grace.token, { contentHash })
    expect([status, problem.detail]).toEqual([
      403,
      'Only a deputy of Payments can approve: you submitted this request.',
    ])
    expect((await act(body.id, 'approve', cast.pavel.token, { contentHash })).status).toBe(200)
  })

  it('lets exactly one of two simultaneous decisions win', async () => {
    for (let round = 0; round < 20; round++) {
      const { body } = await submit()
      const answers = await Promise.all([
        act(body.id, 'approve', cast.grace.token, { contentHash }),
        act(body.id, 'reject', cast.pavel.token, { reason: 'Use the replica instead.' }),
        act(body.id, 'withdraw', cast.dana.token),
      ])
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409])
      expect(await typesOf(body.id)).toHaveLength(2)
    }
  })

  it('asks the rights as they are now, not as they were at sign-in', async () => {
    const { body } = await submit()
    const admin = { token: cast.ada.token }
    await service.api('PATCH', '/api/pods/payments', { ...admin, body: { deputyIds: [] } })
    expect((await act(body.id, 'approve', cast.pavel.token, { contentHash })).status).toBe(404)
    await service.api('PATCH', '/api/pods/payments', { ...admin, body: { deputyIds: [cast.pavel.id] } })
    expect((await act(body.id, 'approve', cast.pavel.token, { contentHash })).status).toBe(200)
  })

  describe('what has changed since it was submitted', () => {
    const path = () => `/api/instances/${cast.instanceId}`
    const change = async (what: string, body: unknown) => {
      expect((await service.api('PATCH', what, { token: cast.ada.token, body })).status).toBe(200)
    }
    const approvalOf = async (id: string) => {
      const { status, body } = await act(id, 'approve', cast.grace.token, { contentHash })
      return [status, body.detail]
    }

    it('is the environment: nothing confirmed for development runs on production', async () => {
      await change(path(), { environment: 'development' })
      const { body } = await submit()
      expect((await loadRequest(service.store, body.id)).state?.environment).toBe('development')
      await change(path(), { environment: 'production', name: 'orders-now@prod' })
      expect(await approvalOf(body.id)).toEqual([
        409,
        'orders-now@prod was development when this request was submitted and is production now; it has to be submitted again.',
      ])
      expect(await typesOf(body.id)).toEqual(['RequestSubmitted'])
      await change(path(), { name: 'orders@prod' })
    })

    it('is the name alone: the approval says what it is for', async () => {
      const { body } = await submit()
      await change(path(), { name: 'renamed@prod' })
      expect(await approvalOf(body.id)).toEqual([200, undefined])
      expect((await loadRequest(service.store, body.id)).state?.approval?.environment).toBe('production')
      await change(path(), { name: 'orders@prod' })
    })

    it('is the database: it can be approved once it is offered again', async () => {
      const { body } = await submit()
      await change(path(), { databases: ['stock'] })
      expect(await approvalOf(body.id)).toEqual([
        409,
        'orders@prod no longer offers the database "orders"; it has to be submitted again for another one, or an administrator has to offer it again.',
      ])
      await change(path(), { databases: ['orders', 'stock'] })
      expect(await approvalOf(body.id)).toEqual([200, undefined])
      await change(path(), { databases: ['orders'] })
    })

    it('is the requester’s account: it waits for it, and can be rejected', async () => {
      const [first, second] = [await submit(), await submit()]
      await change(`/api/users/${cast.dana.id}`, { active: false })
      const [status, detail] = await approvalOf(first.body.id)
      expect([status, detail]).toEqual([
        409,
        'The account of Dana, who submitted this request, is deactivated; it can be approved once an administrator has reactivated the account. Rejecting stays possible.',
      ])
      const reason = 'Nobody is there to read it.'
      expect((await act(first.body.id, 'reject', cast.grace.token, { reason })).status).toBe(200)
      await change(`/api/users/${cast.dana.id}`, { active: true })
      cast.dana.token = (await service.signIn('dana@example.org')).accessToken
      expect(await approvalOf(second.body.id)).toEqual([200, undefined])
    })

    it('is told by the log’s order for what was submitted before events told the environment', async () => {
      const { body } = await submit()
      const { events } = await loadRequest(service.store, body.id)
      const [event] = events
      if (event?.type !== 'RequestSubmitted') throw new Error('no submission')
      const id = randomUUID()
      const { environment: _, ...earlier } = event.data
      await service.store.append(
        `request-${id}`,
        [
          {
            id: randomUUID(),
            event: { type: 'RequestSubmitted', data: { ...earlier, requestId: id } },
            metadata: event.metadata,
          },
        ],
        -1,
      )
      await change(path(), { environment: 'staging' })
      expect(await approvalOf(id)).toEqual([
        409,
        'orders@prod was production when this request was submitted and is staging now; it has to be submitted again.',
      ])
      await change(path(), { environment: 'production' })
      expect(await approvalOf(id)).toEqual([200, undefined])
    })
  })

  it('refuses an approval after the connection was changed', async () => {
    const { body } = await submit()
    const path = `/api/instances/${cast.instanceId}`
    const change = { username: 'postgres', password: 'typed again' }
    expect((await service.api('PATCH', path, { token: cast.ada.token, body: change })).status).toBe(200)
    const { status, body: problem } = await act(body.id, 'approve', cast.grace.token, { contentHash })
    expect([status, problem.detail]).toEqual([
      409,
      'The connection of orders@prod was changed after this request was submitted; it has to be submitted again.',
    ])
  })

  it('cancels an approved request before it is claimed', async () => {
    const { body } = await submit()
    await act(body.id, 'approve', cast.grace.token, { contentHash })
    expect((await act(body.id, 'cancel', cast.dana.token)).status).toBe(200)
    expect((await loadRequest(service.store, body.id)).state?.status).toBe('CANCELLED')
  })

  it.each(['approve', 'reject', 'withdraw', 'cancel', 'settle'])(
    'knows no request to %s by another id',
    async (action) => {
      const body = {
        approve: { contentHash },
        reject: { reason: 'Because I say so.' },
        settle: { outcome: 'FAILED', reason: 'Because I say so.' },
      }
      for (const id of [randomUUID(), 'not-an-id'])
        expect((await act(id, action, cast.grace.token, body[action as 'approve'] ?? {})).status).toBe(404)
    },
  )
})
