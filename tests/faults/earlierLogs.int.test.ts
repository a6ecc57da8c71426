import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditListSchema, historySchema, requestListSchema } from '@sre-portal/contracts'
import { signAccessToken } from '@sre-portal/platform/accessToken'
import { loadRequest } from '@sre-portal/platform/aggregates'
import { listen, type Listening } from '@sre-portal/platform/http/listen'
import { rebuild } from '../../projector/src/rebuild.ts'
import { endsOf } from '../../projector/src/batches.ts'
import { connections, dump, runningProjector, silent } from '../../projector/test/projectors.ts'
import { eventually, reached } from '../../projector/test/world.ts'
import { createQueryService } from '../../query-service/src/app.ts'
import { storeOfEarlierLog } from '../setup/earlierLog.ts'
import { migratedDatabase, type MigratedDatabase } from '../setup/postgres.ts'

const jwtSecret = 'a secret of the tests, long enough for HS256'

/** The portal's reading half over a log that an earlier version wrote. */
async function startReading(file: string) {
  const [eventStore, database]: [Awaited<ReturnType<typeof storeOfEarlierLog>>, MigratedDatabase] =
    await Promise.all([storeOfEarlierLog(file), migratedDatabase()])
  const projector = runningProjector(database.urls.projector, eventStore.connectionString)
  const asking = connections(database.urls.query, eventStore.connectionString)
  const service = createQueryService({
    pool: asking.pool,
    store: asking.store,
    log: silent,
    jwtSecret,
    trustedProxyHops: 0,
  })
  const options = { host: '127.0.0.1', port: 0, trustedProxyHops: 0 }
  const servers: Listening[] = [await listen(service.app, options), await listen(projector.app, options)]
  const [api, health] = servers.map(({ url }) => url)
  await reached(projector.pool, (await endsOf(projector.store, 0n)).ours)
  const rows = async <T extends object>(sql: string) => (await projector.pool.query<T>(sql)).rows
  const [admin] = await rows<{ id: string }>(
    `select id from read.users where role = 'ADMIN' and active limit 1`,
  )
  if (!admin) throw new Error('There is no administrator in this log.')
  const commanding = connections(database.urls.command, eventStore.connectionString)
  await commanding.pool.query(
    'insert into record.sessions (session_id, user_id, started_at) values ($1, $1, now())',
    [admin.id],
  )
  await commanding.end()
  const token = signAccessToken(jwtSecret, { userId: admin.id, sessionId: admin.id }, admin.id)
  return {
    projector,
    rows,
    get: async (path: string): Promise<unknown> => {
      const answer = await fetch(`${api}${path}`, { headers: { authorization: `Bearer ${token}` } })
      expect(answer.status).toBe(200)
      return answer.json()
    },
    readyz: async () => (await fetch(`${health}/readyz`)).json() as Promise<Readyz>,
    rebuild: async () => {
      const rebuilding = connections(database.urls.projector, eventStore.connectionString)
      await rebuild({ ...rebuilding, onProgress: () => {} })
      await rebuilding.end()
    },
    close: async () => {
      await service.close()
      for (const server of servers) await server.close()
      await projector.stop()
      await asking.end()
      await eventStore.close()
      await database.drop()
    },
  }
}

interface Readyz {
  ready: boolean
  facts: { ignoredEvents: { inWords: string; latest: { stream: string; reason: string }[] } }
}

describe.each(['log-0a3c576.ndjson', 'log-events-after-an-end.ndjson'])('%s', (file) => {
  let reading: Awaited<ReturnType<typeof startReading>>
  beforeAll(async () => {
    reading = await startReading(file)
  })
  afterAll(() => reading.close())

  test('is projected to its end, and a rebuild makes the same of it', async () => {
    const live = await dump(reading.projector.pool)
    await reading.rebuild()
    expect(await dump(reading.projector.pool)).toBe(live)
    await eventually(async () => expect((await reading.readyz()).ready).toBe(true))
  })

  test('has each request as its events fold to, and each history can be read', async () => {
    const found = await reading.rows<{
      id: string
      status: string
      finished: string | null
      settled: boolean
    }>(
      `select id, status, execution ->> 'finishedAt' as finished, settlement is not null as settled from read.requests`,
    )
    expect(found.length).toBeGreaterThan(2)
    for (const { id, status, finished, settled } of found) {
      const { state } = await loadRequest(reading.projector.store, id)
      expect({ status, finished, settled }).toEqual({
        status: state?.status,
        finished: state?.execution?.finishedAt ?? null,
        settled: state?.settlement != null,
      })
      const { steps } = historySchema.parse(await reading.get(`/api/requests/${id}/history`))
      expect(steps.at(-1)?.state['status']).toBe(status)
    }
    const list = requestListSchema.parse(await reading.get('/api/requests?limit=100'))
    expect(list.total).toBe(found.length)
  })
})

test('what was told twice, or after the end of a run, changes nothing, and is counted and named everywhere', async () => {
  const reading = await startReading('log-events-after-an-end.ndjson')
  try {
    const inWords =
      '30 events are left out: 3 told of a run that had ended, 27 had an id that was there before.'
    await eventually(async () => {
      const { ready, facts } = await reading.readyz()
      expect(ready).toBe(true)
      expect(facts.ignoredEvents.inWords).toBe(inWords)
      expect(facts.ignoredEvents.latest).toHaveLength(5)
      expect(facts.ignoredEvents.latest[0]).toMatchObject({ reason: 'after-end' })
    })
    const audit = auditListSchema.parse(await reading.get('/api/audit'))
    expect(audit.ignored).toEqual({ repeated: 27, afterEnd: 3 })
    const requests = await reading.rows<{ id: string; title: string; status: string; statements: number }>(
      `select id, title, status, (execution ->> 'statementCount')::int as statements from read.requests order by number`,
    )
    expect(requests.map(({ title, status }) => [title, status])).toEqual([
      ['The executor was frozen and came back', 'FAILED'],
      ['Told twice, then ended twice', 'EXECUTED'],
      ['After all that', 'EXECUTED'],
    ])
    const words = []
    for (const { id } of requests)
      words.push(historySchema.parse(await reading.get(`/api/requests/${id}/history`)).ignored)
    expect(words).toEqual([
      '2 events ignored: the run had ended; 25 events ignored: they were there before',
      '1 event ignored: the run had ended; 2 events ignored: they were there before',
      null,
    ])
    // One line for each event that counts, and nobody is told twice.
    const [lines] = await reading.rows<{ ids: number; lines: number }>(
      'select count(distinct event_id)::int as ids, count(*)::int as lines from read.audit',
    )
    expect(lines?.ids).toBe(lines?.lines)
    const told = await reading.rows<{ text: string }>(
      `select text from read.notifications where text like 'Your request%' order by position`,
    )
    expect(told.map(({ text }) => text.replace(/ on orders.*?(failed|executed).*/, ' $1'))).toEqual([
      'Your request failed',
      'Your request executed',
      'Your request executed',
    ])
  } finally {
    await reading.close()
  }
})
