import { createHash, randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemSchema, type ResultHead } from '@sre-portal/contracts'
import type { Someone } from '@sre-portal/platform/testing/historyWriter'
import { strangers } from '@sre-portal/tests/roles/commandTable.ts'
import {
  queryRows,
  queryTable,
  readers,
  type Reader,
  type ReadRequest,
} from '@sre-portal/tests/roles/queryTable.ts'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { expiredToken, startWorld, type World } from '../test/world.ts'
import { otherQueryRoutes, queryRoutes } from './api/queryRoutes.ts'

let database: MigratedDatabase
let eventStore: Awaited<ReturnType<typeof testEventStore>>
let world: World
let tokens: Record<Exclude<Reader, 'nobody'>, string>
let requests: Record<ReadRequest, string>
beforeAll(async () => {
  database = await migratedDatabase()
  eventStore = await testEventStore()
  world = await startWorld(database.urls, eventStore.connectionString)
  const { write, dana, omar, grace, miguel, noor, ada, gone, payments } = world
  const lea = await write.user('Lea Braun', 'MANAGER')
  const out = await write.user('Out Side', 'ADMIN')
  const search = await write.pod('search', 'Search', noor, lea)
  requests = {
    'Dana’s in Payments': await executed(dana, payments, grace),
    'Grace’s in Payments': await executed(grace, payments, miguel),
    'Omar’s in Search': await executed(omar, search, lea),
    no: randomUUID(),
  }
  await world.reached(await lastPosition())
  await world.beginSession(lea)
  await world.beginSession(out)
  const { token } = world
  tokens = {
    forged: token(ada).replace(/[^.]+$/, (signature) => signature.split('').toReversed().join('')),
    expired: expiredToken(ada),
    ...{ gone: token(gone), out: token(out), dana: token(dana), omar: token(omar), grace: token(grace) },
    ...{ miguel: token(miguel), noor: token(noor), lea: token(lea), ada: token(ada) },
  }
  await world.endSession(out)
})
afterAll(async () => {
  await world.stop()
  await eventStore.close()
  await database.drop()
})

const head: ResultHead = {
  engine: 'postgresql',
  statements: [],
  returned: null,
  logs: [],
  logsCut: false,
  notices: [],
  error: null,
  durationMs: 3,
}

/** A request that was executed, with its result stored. */
async function executed(requester: Someone, pod: string, approver: Someone): Promise<string> {
  const request = await world.write.submit(requester, pod, world.instance)
  await world.write.approve(request, approver)
  const resultId = randomUUID()
  const sha256 = createHash('sha256')
    .update(`${JSON.stringify(head)}\n`)
    .digest('hex')
  const client = new Client({ connectionString: database.urls.executor })
  await client.connect()
  await client.query(
    'insert into record.results (result_id, request_id, execution_id, sha256, head) values ($1, $2, $3, $4, $5)',
    [resultId, request, randomUUID(), sha256, JSON.stringify(head)],
  )
  await client.end()
  await world.write.execute(request, { resultId, resultSha256: sha256 })
  return request
}
const lastPosition = async () =>
  (await world.store.readStream(`request-${requests['Omar’s in Search']}`)).at(-1)?.position ?? 0n

/** The status alone: a stream of live updates has no end. */
async function statusFor(path: string, who: Reader): Promise<number> {
  const leaving = new AbortController()
  const response = await fetch(`${world.url}${path}`, {
    headers: who === 'nobody' ? {} : { authorization: `Bearer ${tokens[who]}` },
    signal: leaving.signal,
  })
  if (response.status >= 400) problemSchema.strict().parse(await response.json())
  leaving.abort()
  return response.status
}

const routes = { ...queryRoutes, ...otherQueryRoutes }
const query: Partial<Record<keyof typeof routes, string>> = { readScriptApi: '?engine=postgresql' }
const cases = (Object.keys(queryTable) as (keyof typeof queryTable)[]).flatMap((operation) =>
  queryRows(operation).map(({ what, row }) => ({
    path: routes[operation].path,
    query: query[operation] ?? '',
    about: what === null ? '' : ` of ${what} request`,
    what,
    row,
  })),
)

describe.each(cases)('GET $path$about', ({ path, query, what, row }) => {
  it('is answered as the table of roles says', async () => {
    const target = path.replace('{id}', what === null ? '' : requests[what]) + query
    const answers: Partial<Record<Reader, number>> = {}
    for (const who of [...strangers, ...readers]) answers[who] = await statusFor(target, who)
    expect(answers).toEqual(row)
  })
})

it('everybody is told their own sessions only', async () => {
  const second = randomUUID()
  const client = new Client({ connectionString: database.urls.command })
  await client.connect()
  await client.query(
    `insert into record.sessions (session_id, user_id, started_at, ended_at) values
       ($1, $2, now() + interval '1 second', null), (gen_random_uuid(), $2, now(), now()),
       (gen_random_uuid(), $2, now() - interval '31 days', null)`,
    [second, world.dana.id],
  )
  await client.end()
  const told = async (who: Someone) => {
    const { body } = await world.get('/api/auth/sessions', who)
    return (body as { items: { id: string; current: boolean }[] }).items.map(({ id, current }) => [
      id,
      current,
    ])
  }
  expect(await told(world.dana)).toEqual([
    [second, false],
    [world.dana.id, true],
  ])
  expect(await told(world.ada)).toEqual([[world.ada.id, true]])
})
