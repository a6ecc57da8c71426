import { createHash, randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  auditListSchema,
  dashboardSchema,
  historySchema,
  instanceListSchema,
  notificationListSchema,
  problemSchema,
  requestDetailSchema,
  requestListSchema,
  resultPageSchema,
  sessionUserSchema,
  userListSchema,
  type AccessEvent,
  type ResultHead,
} from '@sre-portal/contracts'
import { mayViewRequest, type Person } from '@sre-portal/domain'
import { loadPod, loadRequest } from '@sre-portal/platform/aggregates'
import { connectEventStore } from '@sre-portal/platform/eventStore'
import { listen } from '@sre-portal/platform/http/listen'
import { createLog } from '@sre-portal/platform/log'
import { as, executor, type Someone } from '@sre-portal/platform/testing/historyWriter'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { jwtSecret, startWorld, type World } from '../test/world.ts'
import { createQueryService } from './app.ts'

let database: MigratedDatabase
let eventStore: Awaited<ReturnType<typeof testEventStore>>
let world: World
beforeAll(async () => {
  database = await migratedDatabase()
  eventStore = await testEventStore()
  world = await startWorld(database.urls, eventStore.connectionString)
})
afterAll(async () => {
  await world.stop()
  await eventStore.close()
  await database.drop()
})

const list = async (who: Someone, query = '') => {
  const { status, body } = await world.get(`/api/requests?${query}`, who)
  expect(status).toBe(200)
  return requestListSchema.parse(body)
}
const titles = async (who: Someone, query = '') => (await list(who, query)).items.map(({ title }) => title)
const all = ['Find the lost order', 'Find 100%_done orders', 'Count the invoices']

describe('a list of requests', () => {
  test('shows what domain lets each person view, and counts nothing else', async () => {
    const ids = (await list(world.ada)).items.map(({ id }) => id)
    expect(ids).toHaveLength(3)
    for (const person of Object.values(world.people).filter(({ name }) => name !== 'Gone Away')) {
      const asked: Person = { ...person, active: true }
      const allowed = await Promise.all(
        ids.map(async (id) => {
          const { state } = await loadRequest(world.store, id)
          if (!state) throw new Error('no such request')
          const pod = await loadPod(world.store, state.podId)
          const question = { ...state, cancellationRequested: false }
          return mayViewRequest(asked, question, pod.state).allowed ? [id] : []
        }),
      )
      const { items, total } = await list(person)
      expect([person.name, items.map(({ id }) => id), total]).toEqual([
        person.name,
        allowed.flat(),
        allowed.flat().length,
      ])
    }
  })

  test.each([
    ['', all],
    ['sort=oldest', all.toReversed()],
    ['sort=updated', all],
    ['status=PENDING', ['Find 100%_done orders']],
    ['status=PENDING,EXECUTED', all.slice(1)],
    ['podId=logistics', ['Find the lost order']],
    ['podId=logistics,payments', all],
    ['kind=script', []],
    ['view=running', []],
    ['view=failed', []],
    ['q=invoices', ['Count the invoices']],
    ['q=MONTHLY', ['Count the invoices']],
    ['q=omar', ['Find the lost order']],
    ['q=prod-eu', all],
    ['q=%231', ['Count the invoices']],
    ['q=100%25_', ['Find 100%_done orders']],
    ['q=1_0', []],
    ["q=' or true --", []],
    ['q=(a%2B)%2B%24', []],
    ['view=mine', []],
    ['view=review', []],
  ])('answers %s', async (query, expected) => {
    expect(await titles(world.ada, query)).toEqual(expected)
  })

  test('has views of the person who asks', async () => {
    expect(await titles(world.dana, 'view=mine')).toEqual(all.slice(1))
    expect(await titles(world.grace, 'view=review')).toEqual(['Find 100%_done orders'])
    expect(await titles(world.miguel, 'view=review')).toEqual(['Find 100%_done orders'])
    expect(await titles(world.noor, 'view=review')).toEqual([])
    expect(await titles(world.ada, `requesterId=${world.omar.id}`)).toEqual(['Find the lost order'])
    expect(await titles(world.omar, `requesterId=${world.dana.id}`)).toEqual([])
    expect(await titles(world.ada, `instanceId=${world.instance}`)).toEqual(all)
    expect(await titles(world.ada, `instanceId=${world.retired}`)).toEqual([])
  })

  test.each([
    'q=%00',
    'q=a%00b',
    'q=%1b',
    'cursor=%00',
    'cursor=%F0%9F%99%82',
    'limit=%00',
    'status=%00',
    'podId=a%00b',
  ])('refuses %s at its parameter', async (query) => {
    const { status, body } = await world.get(`/api/requests?${query}`, world.ada)
    expect([status, problemSchema.parse(body).faults?.map(({ path }) => path.split('.')[0])]).toEqual([
      400,
      [query.split('=')[0]],
    ])
  })

  test.each(['newest', 'oldest', 'updated'])(
    'sorted by %s is paged without a gap or a repetition while requests come in',
    async (sort) => {
      const before = (await list(world.ada, `sort=${sort}`)).items.map(({ id }) => id)
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const page: Awaited<ReturnType<typeof list>> = await list(
          world.ada,
          `sort=${sort}&limit=1${cursor ? `&cursor=${cursor}` : ''}`,
        )
        expect(page.items).toHaveLength(1)
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor
        if (seen.length === 1) {
          await world.write.submit(world.noor, world.logistics, world.instance, {
            comment: `While paging ${sort}`,
          })
          await world.reached(
            await world.write.append('pod', world.logistics, as(world.ada), {
              type: 'PodRenamed',
              data: { name: 'Logistics' },
            }),
          )
        }
      } while (cursor)
      expect(new Set(seen).size).toBe(seen.length)
      expect(seen.filter((id) => before.includes(id))).toEqual(before)
    },
  )

  test.each(['abc', 'WyJvbGRlc3QiLCIxIl0', Buffer.from('["newest","1 or 1=1"]').toString('base64url')])(
    'refuses the cursor %s',
    async (cursor) => {
      const { status, body } = await world.get(`/api/requests?cursor=${cursor}`, world.ada)
      expect([status, body]).toMatchObject([400, { faults: [{ path: 'cursor' }] }])
    },
  )

  test.each(['limit=0', 'limit=201', 'status=DONE', 'view=theirs', 'q=' + 'x'.repeat(201), 'instanceId=1'])(
    'refuses %s',
    async (query) => {
      expect((await world.get(`/api/requests?${query}`, world.ada)).status).toBe(400)
    },
  )
})

describe('a request', () => {
  const detail = async (who: Someone, id: string) =>
    requestDetailSchema.parse((await world.get(`/api/requests/${id}`, who)).body)

  test('says what each person may do with it, and why not', async () => {
    const ofGrace = await detail(world.grace, world.pending)
    expect(ofGrace.actions).toMatchObject({
      approve: { allowed: true },
      reject: { allowed: true },
      withdraw: { allowed: false, reason: 'Only the requester can withdraw a request.' },
    })
    expect(ofGrace.reviewers).toEqual([
      { id: world.grace.id, name: 'Grace Park', as: 'manager' },
      { id: world.miguel.id, name: 'Miguel Sosa', as: 'deputy' },
    ])
    const ofAda = await detail(world.ada, world.pending)
    expect(ofAda.actions.approve).toEqual({
      allowed: false,
      reason: 'Administrators cannot approve; only a manager or deputy of the pod can.',
    })
    const ofDana = await detail(world.dana, world.pending)
    expect(ofDana.actions).toMatchObject({ approve: { allowed: false }, withdraw: { allowed: true } })
  })

  test('tells its content, decision and execution', async () => {
    const found = await detail(world.dana, world.executed)
    expect(found).toMatchObject({
      number: 1,
      title: 'Count the invoices',
      comment: 'Count the invoices\nmonthly',
      status: 'EXECUTED',
      content: 'select 1',
      contentBytes: 8,
      username: 'app_rw',
      target: { name: 'prod-eu', environment: 'production' },
      decision: { kind: 'approved', by: { id: world.grace.id, name: 'Grace Park' }, reason: null },
      execution: { executorId: 'executor-1', storedRows: 412, durationMs: 218, transactionId: '77' },
    })
  })
})

describe('a history', () => {
  test('is replayed from the store, with the state after each event and what it changed', async () => {
    const { body } = await world.get(`/api/requests/${world.executed}/history`, world.grace)
    const { steps } = historySchema.parse(body)
    expect(steps.map(({ type, state, changed }) => [type, state['status'], changed])).toEqual([
      ['RequestSubmitted', 'PENDING', expect.arrayContaining(['status', 'content', 'requesterId', 'limits'])],
      ['RequestApproved', 'APPROVED', ['status', 'decision', 'approval']],
      ['ExecutionStarted', 'EXECUTING', ['status', 'execution']],
      ['TransactionOpened', 'EXECUTING', ['execution']],
      ['RequestExecuted', 'EXECUTED', ['status', 'execution']],
    ])
    expect(steps.map(({ summary }) => summary)).toEqual([
      'Submitted by Dana Levi: a query on the database orders',
      'Approved by Grace Park',
      'Claimed and started by the executor',
      'Transaction opened on the target',
      'Executed: 412 rows in 218 ms',
    ])
    expect(steps[0]?.data['content']).toBe('select 1')
    const { state } = await loadRequest(world.store, world.executed)
    expect(steps.at(-1)?.state).toEqual({
      ...state,
      content: { sha256: state?.contentHash, bytes: 8 },
    })
  })
})

describe('a result', () => {
  const head: ResultHead = {
    engine: 'postgresql',
    statements: [
      {
        ordinal: 0,
        text: 'select n',
        offset: 0,
        parameters: null,
        command: 'SELECT',
        outcome: 'executed',
        columns: [{ name: 'n', type: 'int8' }],
        rowCount: 250,
        storedRows: 250,
        cutBy: null,
        affectedRows: null,
        durationMs: 3,
        error: null,
      },
    ],
    returned: null,
    logs: [],
    logsCut: false,
    notices: [],
    error: null,
    durationMs: 3,
  }
  const lines = Array.from({ length: 250 }, (_, n) => JSON.stringify([String(n)]))
  const sha256 = createHash('sha256')
    .update(`${[...lines, JSON.stringify(head)].join('\n')}\n`)
    .digest('hex')

  async function executedWithResult(stored = sha256): Promise<{ request: string; resultId: string }> {
    const request = await world.write.submit(world.dana, world.payments, world.instance, {
      comment: 'With a result',
    })
    await world.write.approve(request, world.grace)
    const resultId = randomUUID()
    const client = new Client({ connectionString: database.urls.executor })
    await client.connect()
    await client.query(
      'insert into record.results (result_id, request_id, execution_id, sha256, head) values ($1, $2, $3, $4, $5)',
      [resultId, request, randomUUID(), stored, JSON.stringify(head)],
    )
    for (const [first, count] of [
      [0, 100],
      [100, 100],
      [200, 50],
    ] as const)
      await client.query(
        'insert into record.result_rows (result_id, statement, first_row, row_count, rows) values ($1, 0, $2, $3, $4)',
        [resultId, first, count, lines.slice(first, first + count).join('\n')],
      )
    await client.end()
    await world.write.execute(request, { resultId, resultSha256: sha256 })
    await world.reached(await lastPosition(request))
    return { request, resultId }
  }
  const lastPosition = async (request: string) =>
    (await world.store.readStream(`request-${request}`)).at(-1)?.position ?? 0n
  const page = async (request: string, query: string) => {
    const { status, body } = await world.get(`/api/requests/${request}/result?${query}`, world.grace)
    expect(status).toBe(200)
    return resultPageSchema.parse(body)
  }
  const viewsOf = async (someone: Someone, resultId: string) =>
    (await world.store.readStream<AccessEvent>(`access-${someone.id}`)).filter(
      ({ type, data }) => type === 'ResultViewed' && data.resultId === resultId,
    )

  test('is served page by page across the stored chunks', async () => {
    const { request } = await executedWithResult()
    const first = await page(request, 'limit=3')
    expect(first).toMatchObject({ head, offset: 0, rows: [['0'], ['1'], ['2']] })
    expect((await page(request, 'offset=98&limit=4')).rows).toEqual([['98'], ['99'], ['100'], ['101']])
    expect((await page(request, 'offset=90&limit=120')).rows.map(([n]) => Number(n))).toEqual(
      Array.from({ length: 120 }, (_, n) => 90 + n),
    )
    expect((await page(request, 'offset=248&limit=10')).rows).toEqual([['248'], ['249']])
    expect((await page(request, 'offset=250')).rows).toEqual([])
    expect((await world.get(`/api/requests/${request}/result?statement=1`, world.grace)).status).toBe(400)
  })

  test('is recorded as seen, once a person and hour, and only by those who may see it', async () => {
    const { request, resultId } = await executedWithResult()
    expect((await world.get(`/api/requests/${request}/result`, world.noor)).status).toBe(404)
    expect(await viewsOf(world.noor, resultId)).toEqual([])
    await Promise.all([1, 2, 3].map((n) => page(request, `offset=${n}`)))
    await page(request, 'offset=100')
    const views = await viewsOf(world.grace, resultId)
    expect(views).toHaveLength(1)
    expect(views[0]).toMatchObject({
      data: { userId: world.grace.id, requestId: request, resultId },
      actor: { kind: 'user', name: 'Grace Park' },
      metadata: { sourceAddress: '127.0.0.1' },
    })
    expect(await viewsOf(world.dana, resultId)).toEqual([])
  })

  test('is not shown when it cannot be recorded that somebody looked', async () => {
    const { request } = await executedWithResult()
    const unreachable = connectEventStore('esdb://127.0.0.1:1?tls=false&maxDiscoverAttempts=1')
    const log = createLog('test', 'silent')
    const service = createQueryService({
      pool: world.pool,
      store: unreachable,
      log,
      jwtSecret,
      trustedProxyHops: 0,
    })
    const server = await listen(service.app, { host: '127.0.0.1', port: 0, trustedProxyHops: 0 })
    const response = await fetch(`${server.url}/api/requests/${request}/result`, {
      headers: { authorization: `Bearer ${world.token(world.grace)}` },
    })
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain('select n')
    await service.close()
    await server.close()
    await unreachable.close()
  })

  const tamperings = [
    `update record.results set sha256 = repeat('a', 64) where result_id = $1`,
    `update record.results set head = replace(head, 'select n', 'select m') where result_id = $1`,
    `update record.result_rows set rows = replace(rows, '"7"', '"TAMPERED"') where result_id = $1`,
    `update record.result_rows set rows = replace(rows, '"230"', '"TAMPERED"') where result_id = $1`,
    `update record.result_rows set rows = rows || E'\\n["TAMPERED"]' where result_id = $1 and first_row = 200`,
    'update record.result_rows set first_row = 201 where result_id = $1 and first_row = 200',
    'update record.result_rows set statement = 1 where result_id = $1 and first_row = 200',
    'update record.result_rows set statement = 1, first_row = 0 where result_id = $1 and first_row = 200',
    'delete from record.result_rows where result_id = $1 and first_row = 200',
  ]
  test('that is not what its event says is not shown, whether or not somebody has seen it before', async () => {
    const { request, resultId } = await executedWithResult()
    const administrator = new Client({ connectionString: database.adminUrl })
    await administrator.connect()
    await administrator.query('create temp table head as select * from record.results')
    await administrator.query('create temp table chunks as select * from record.result_rows')
    const restore = async () => {
      await administrator.query('delete from record.results where result_id = $1', [resultId])
      await administrator.query('delete from record.result_rows where result_id = $1', [resultId])
      await administrator.query('insert into record.results select * from head where result_id = $1', [
        resultId,
      ])
      await administrator.query('insert into record.result_rows select * from chunks where result_id = $1', [
        resultId,
      ])
    }
    for (const seen of [false, true])
      for (const tampering of tamperings) {
        if (seen) expect((await page(request, 'limit=250')).rows, tampering).toHaveLength(250)
        expect((await administrator.query(tampering, [resultId])).rowCount, tampering).toBeGreaterThan(0)
        const { status, body } = await world.get(`/api/requests/${request}/result?limit=250`, world.grace)
        expect(status, tampering).toBe(500)
        expect(problemSchema.parse(body).detail).toContain(
          `is not what its event says (SHA-256 ${sha256}); it is not shown.`,
        )
        expect(JSON.stringify(body)).not.toMatch(/TAMPERED|select [nm]/)
        expect(await viewsOf(world.grace, resultId)).toHaveLength(seen ? 1 : 0)
        await restore()
      }
    expect((await page(request, 'limit=2')).rows).toEqual([['0'], ['1']])
    await administrator.end()
  })
})

describe('what else is asked', () => {
  test('the dashboard counts within the scope of the person', async () => {
    const read = async (who: Someone) => dashboardSchema.parse((await world.get('/api/dashboard', who)).body)
    const ofGrace = await read(world.grace)
    expect(ofGrace.needsMyReview).toBe(1)
    expect(ofGrace.awaiting.map(({ title }) => title)).toEqual(['Find 100%_done orders'])
    expect(ofGrace.mine).toEqual([])
    expect(ofGrace.counts).toMatchObject({ PENDING: 1, APPROVED: 0 })
    expect(ofGrace.perDay).toHaveLength(14)
    const ofOmar = await read(world.omar)
    expect(ofOmar.mine.map(({ status }) => status)).toEqual(['APPROVED'])
    expect(Object.values(ofOmar.counts).reduce((sum, count) => sum + count)).toBe(1)
  })

  test('the days of the dashboard are those of the zone that is asked for, and named', async () => {
    const read = async (query: string) =>
      dashboardSchema.parse((await world.get(`/api/dashboard?${query}`, world.ada)).body)
    const [utc, kiritimati] = [await read(''), await read('timeZone=Pacific/Kiritimati')]
    expect([utc.timeZone, kiritimati.timeZone]).toEqual(['UTC', 'Pacific/Kiritimati'])
    const today = (timeZone: string) => new Intl.DateTimeFormat('sv-SE', { timeZone }).format(new Date())
    expect([utc.perDay.at(-1)?.day, kiritimati.perDay.at(-1)?.day]).toEqual([
      today('UTC'),
      today('Pacific/Kiritimati'),
    ])
    const submitted = ({ perDay }: typeof utc) => perDay.reduce((sum, day) => sum + day.submitted, 0)
    expect(submitted(kiritimati)).toBe(submitted(utc))
    for (const zone of ['Mars/Olympus', '%00', "' or true", ''])
      expect((await world.get(`/api/dashboard?timeZone=${zone}`, world.ada)).status).toBe(400)
  })

  test('notifications say what waits for a decision, until somebody has decided', async () => {
    const read = async (who: Someone, query = '') =>
      notificationListSchema.parse((await world.get(`/api/notifications?${query}`, who)).body)
    const waiting = async (who: Someone) =>
      (await read(who)).items.filter(({ needsAction }) => needsAction).map(({ request }) => request.id)
    const request = await world.write.submit(world.omar, world.payments, world.instance)
    const position = await world.write.append('request', request, as(world.miguel), {
      type: 'RequestRejected',
      data: { reason: 'Not this way, please.' },
    })
    await world.reached(position)
    expect(await waiting(world.grace)).toEqual([world.pending])
    expect(await waiting(world.miguel)).toEqual([world.pending])
    const [told] = (await read(world.omar)).items
    expect(told).toMatchObject({
      id: String(position),
      needsAction: false,
      read: false,
      text: 'Miguel Sosa rejected your request on orders@prod-eu: Not this way, please.',
      by: { name: 'Miguel Sosa' },
      request: {
        id: request,
        status: 'REJECTED',
        database: 'orders',
        target: { id: world.instance, name: 'prod-eu', environment: 'production' },
      },
    })
    const before = await read(world.grace, 'limit=1')
    const rest = await read(world.grace, `limit=200&cursor=${before.nextCursor}`)
    expect(rest.items.length).toBe(before.total - 1)
    const client = new Client({ connectionString: database.urls.command })
    await client.connect()
    await client.query('insert into record.notification_reads (user_id, read_up_to) values ($1, $2)', [
      world.grace.id,
      rest.items[0]?.id,
    ])
    await client.end()
    const after = await read(world.grace)
    expect(after.unread).toBe(1)
    expect(after.items.map(({ read }) => read)).toEqual(after.items.map((_, index) => index > 0))
  })

  test('an outcome that nobody knows waits for the pod, but never for the requester', async () => {
    const request = await world.write.submit(world.miguel, world.payments, world.instance)
    await world.write.approve(request, world.grace)
    const executionId = randomUUID()
    const position = await world.write.append(
      'request',
      request,
      executor,
      {
        type: 'ExecutionStarted',
        data: {
          executionId,
          executorId: 'executor-1',
          contentHash: 'a'.repeat(64),
          instanceRevision: 0,
          approvalEventId: randomUUID(),
        },
      },
      {
        type: 'ExecutionOutcomeUnknown',
        data: { executionId, reason: 'The executor is gone.', transactionId: null },
      },
    )
    await world.reached(position)
    const waits = async (who: Someone) => {
      const { items } = notificationListSchema.parse((await world.get('/api/notifications', who)).body)
      return items.filter(({ id }) => id === String(position)).map(({ needsAction }) => needsAction)
    }
    expect(await waits(world.grace)).toEqual([true])
    expect(await waits(world.miguel)).toEqual([false])
    expect(await waits(world.ada)).toEqual([])
    expect(await titles(world.miguel, 'view=mine&status=UNKNOWN')).toEqual(['Find the lost order'])
  })

  test('the audit log is filtered, searched and paged', async () => {
    const read = async (query: string) =>
      auditListSchema.parse((await world.get(`/api/audit?${query}`, world.ada)).body)
    const ofExecuted = await read(`subjectId=${world.executed}&limit=200`)
    expect(ofExecuted.items.map(({ type, subject }) => `${type} ${subject}`)).toEqual([
      'RequestExecuted #1',
      'TransactionOpened #1',
      'ExecutionStarted #1',
      'RequestApproved #1',
      'RequestSubmitted #1',
    ])
    expect((await read(`category=user&type=UserDeactivated`)).items).toMatchObject([
      { subject: 'Gone Away', summary: 'Deactivated by Ada Root', sourceAddress: '10.0.0.7' },
    ])
    expect((await read(`actorId=${world.noor.id}&type=RequestApproved`)).total).toBe(1)
    expect((await read('q=RETIRED')).items).toMatchObject([{ type: 'InstanceRetired', subject: 'old-db' }])
    const [retired] = (await read('q=retired')).items
    expect((await read(`q=retired&from=${retired?.at}`)).total).toBe(1)
    expect((await read(`q=retired&to=${retired?.at}`)).total).toBe(0)
    const whole = await read('limit=200')
    const paged: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: typeof whole = await read(`limit=7${cursor && `&cursor=${cursor}`}`)
      paged.push(...page.items.map(({ position }) => position))
      cursor = page.nextCursor
    }
    expect(paged).toEqual(whole.items.map(({ position }) => position))
    expect(whole.total).toBe(paged.length)
  })

  test('the audit log does not list a line beyond what was projected', async () => {
    const projector = new Client({ connectionString: database.urls.projector })
    await projector.connect()
    await projector.query(
      `insert into read.audit select 999999999, gen_random_uuid(), type, category, subject_id, subject, revision, actor, actor_id, at,
         stored_at, 'Approved by Nobody (forged)', correlation_id, source_address, data, search from read.audit limit 1`,
    )
    await projector.end()
    const { items, total } = auditListSchema.parse((await world.get('/api/audit?limit=100', world.ada)).body)
    expect(items.length).toBeGreaterThan(0)
    expect(items.map(({ summary }) => summary)).not.toContain('Approved by Nobody (forged)')
    const administrator = new Client({ connectionString: database.adminUrl })
    await administrator.connect()
    const { rows } = await administrator.query<{ lines: number }>(
      `with forged as (delete from read.audit where position = 999999999 returning 1)
       select count(*)::int as lines from read.audit`,
    )
    await administrator.end()
    expect(rows).toEqual([{ lines: total + 1 }])
  })

  test('the audit log is bounded by dates of RFC 3339, with any offset', async () => {
    const total = async (query: string) =>
      auditListSchema.parse((await world.get(`/api/audit?${query}`, world.ada)).body).total
    const { items } = auditListSchema.parse((await world.get('/api/audit?limit=1', world.ada)).body)
    const newest = new Date(items[0]?.at ?? '')
    const local = new Date(newest.getTime() + 5.5 * 3600_000).toISOString().replace('Z', '')
    const everything = await total('')
    expect(await total(`from=${local}+05:30`)).toBeGreaterThan(0)
    expect(await total(`from=${local}%2B05:30`)).toBe(await total(`from=${newest.toISOString()}`))
    expect(await total(`to=${local}%2B05:30`)).toBe(
      everything - (await total(`from=${newest.toISOString()}`)),
    )
    expect(await total('from=2000-01-01')).toBe(everything)
    expect(await total('to=2000-01-01')).toBe(0)
  })

  test.each([
    'from=0000-01-01T00:00:00Z',
    'to=%00',
    'type=%00',
    'subjectId=a%00',
    'q=%00',
    'actorId=%00',
    'category=%00',
  ])('the audit log refuses %s at its parameter', async (query) => {
    const { status, body } = await world.get(`/api/audit?${query}`, world.ada)
    expect([status, problemSchema.parse(body).faults?.map(({ path }) => path)]).toEqual([
      400,
      [query.split('=')[0]],
    ])
  })

  test('a long content is cut in the audit log, and says so', async () => {
    const request = await world.write.submit(world.dana, world.payments, world.instance, {
      comment: 'Long',
      content: 'select '.padEnd(5000, '1'),
    })
    await world.reached(
      await world.write.append('request', request, as(world.dana), { type: 'RequestWithdrawn', data: {} }),
    )
    const { body } = await world.get(`/api/audit?subjectId=${request}&type=RequestSubmitted`, world.ada)
    const [entry] = auditListSchema.parse(body).items
    expect(entry?.data).toMatchObject({ contentCut: true, content: 'select '.padEnd(2000, '1') })
  })

  test('connections, and what is retired, are for administrators', async () => {
    const read = async (who: Someone) =>
      instanceListSchema.parse((await world.get('/api/instances', who)).body).items
    expect(await read(world.dana)).toEqual([
      {
        id: world.instance,
        name: 'prod-eu',
        engine: 'postgresql',
        environment: 'production',
        databases: ['orders'],
        retired: false,
        revision: 1,
        connection: null,
      },
    ])
    const ofAda = await read(world.ada)
    expect(ofAda.map(({ name, retired }) => [name, retired])).toEqual([
      ['prod-eu', false],
      ['old-db', true],
    ])
    expect(ofAda[0]?.connection).toMatchObject({
      endpoint: { kind: 'host', host: 'db.internal', port: 5432, tls: true },
      username: 'app_rw',
      lastTest: null,
    })
  })

  test('users and the signed-in person come with the pods that they decide for', async () => {
    const { items } = userListSchema.parse((await world.get('/api/users', world.ada)).body)
    expect(
      items.map(({ name, active, pods }) => [name, active, pods.map(({ id, as }) => `${as} of ${id}`)]),
    ).toEqual([
      ['Ada Root', true, []],
      ['Dana Levi', true, []],
      ['Gone Away', false, []],
      ['Grace Park', true, ['manager of payments']],
      ['Miguel Sosa', true, ['deputy of payments']],
      ['Noor Aziz', true, ['manager of logistics']],
      ['Omar Haddad', true, []],
    ])
    expect(sessionUserSchema.parse((await world.get('/api/auth/me', world.miguel)).body)).toEqual({
      id: world.miguel.id,
      email: 'miguel.sosa@example.test',
      name: 'Miguel Sosa',
      role: 'MANAGER',
      managedPods: [{ id: 'payments', name: 'Payments', as: 'deputy' }],
    })
  })

  test('rights are those of now: who is made developer decides for no pod any more', async () => {
    const lea = await world.write.user('Lea Brandt', 'MANAGER')
    await world.beginSession(lea)
    await world.write.append('pod', world.payments, as(world.ada), {
      type: 'PodDeputyAdded',
      data: { userId: lea.id },
    })
    const demotedAt = () =>
      world.write.append('user', lea.id, as(world.ada), {
        type: 'UserRoleChanged',
        data: { role: 'DEVELOPER' },
      })
    await world.reached((await world.store.readStream(`pod-${world.payments}`)).at(-1)?.position ?? 0n)
    expect((await world.get(`/api/requests/${world.pending}`, lea)).status).toBe(200)
    const minPosition = await demotedAt()
    expect((await world.get(`/api/requests/${world.pending}?minPosition=${minPosition}`, lea)).status).toBe(
      404,
    )
  })
})

describe('minPosition', () => {
  test('is waited for: a command is seen by the question that follows it', async () => {
    for (let round = 0; round < 10; round++) {
      const request = await world.write.submit(world.dana, world.payments, world.instance, {
        comment: `Round ${round}`,
      })
      const position = (await world.store.readStream(`request-${request}`)).at(-1)?.position
      const { status, headers } = await world.get(
        `/api/requests/${request}?minPosition=${position}`,
        world.dana,
      )
      expect(status).toBe(200)
      expect(BigInt(headers.get('x-position') ?? 0)).toBeGreaterThanOrEqual(position ?? 0n)
    }
  })

  test('that is not reached in time makes what is missing unknown, not absent', async () => {
    const path = `/api/requests/${randomUUID()}`
    expect((await world.get(path, world.dana)).status).toBe(404)
    const behind = await world.get(`${path}?minPosition=9223372036854775807`, world.dana)
    expect([behind.status, behind.headers.get('retry-after')]).toEqual([503, '2'])
  })

  test('that is never reached is answered after the longest wait, with the position that was reached', async () => {
    const startedAt = performance.now()
    const { status, headers } = await world.get('/api/pods?minPosition=9223372036854775807', world.dana)
    const waited = performance.now() - startedAt
    expect(status).toBe(200)
    expect(waited).toBeGreaterThan(450)
    expect(waited).toBeLessThan(5000)
    expect(BigInt(headers.get('x-position') ?? 0)).toBeLessThan(9223372036854775807n)
  })
})

describe('a search by number or hash', () => {
  const numbers = async (query: string) => (await list(world.ada, query)).items.map(({ number }) => number)
  const paged = async (query: string) => {
    const found: number[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<typeof list>> = await list(
        world.ada,
        `${query}&limit=1${cursor ? `&cursor=${cursor}` : ''}`,
      )
      found.push(...page.items.map(({ number }) => number))
      cursor = page.nextCursor
    } while (cursor)
    return found
  }
  beforeAll(async () => {
    const newest = (await list(world.ada)).items[0]?.number ?? 0
    for (let number = newest + 1; number <= 31; number += 1)
      await world.write.submit(world.dana, world.payments, world.instance, {
        comment: number === 30 ? 'As in 3' : 'One of many',
        content: `select ${number}`,
      })
    const renamed = { type: 'PodRenamed', data: { name: 'Payments' } } as const
    await world.reached(await world.write.append('pod', world.payments, as(world.ada), renamed))
  })

  test.each(['newest', 'oldest', 'updated'])('finds the number itself first, sorted by %s', async (sort) => {
    const rest = sort === 'oldest' ? [30, 31] : [31, 30]
    expect(await numbers(`q=%233&sort=${sort}`)).toEqual([3, ...rest])
    expect(await paged(`q=%233&sort=${sort}`)).toEqual([3, ...rest])
    expect((await numbers(`q=3&sort=${sort}`))[0]).toBe(3)
    expect((await list(world.ada, `q=%233&sort=${sort}`)).total).toBe(3)
  })

  test('finds the number only where the other filters let it', async () => {
    expect(await numbers('q=3&status=REJECTED')).toEqual([])
    expect(await numbers('q=999999999999999999')).toEqual([])
    expect(await numbers('q=%23007')).toEqual(await numbers('q=%23007&sort=newest'))
  })

  test('finds by eight and more digits of the SHA-256, in either case', async () => {
    const hash = createHash('sha256').update('select 31').digest('hex')
    expect(await numbers(`q=${hash}`)).toEqual([31])
    expect(await numbers(`q=${hash.slice(0, 8)}`)).toEqual([31])
    expect(await numbers(`q=${hash.slice(0, 12).toUpperCase()}`)).toEqual([31])
    expect(await numbers(`q=${hash.slice(0, 7)}`)).toEqual([])
    expect(await numbers(`q=${hash.slice(1, 20)}`)).toEqual([])
  })
})
