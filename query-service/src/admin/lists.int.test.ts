import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  instanceListSchema,
  podListSchema,
  problemSchema,
  sessionListSchema,
  userListSchema,
} from '@sre-portal/contracts'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { startWorld, type World } from '../../test/world.ts'

const many = 5_000
/** No page of 50 rows as people make them comes near it. */
const mostBytes = 100_000

let database: MigratedDatabase
let eventStore: Awaited<ReturnType<typeof testEventStore>>
let world: World
let owner: Client
beforeAll(async () => {
  database = await migratedDatabase()
  eventStore = await testEventStore()
  world = await startWorld(database.urls, eventStore.connectionString)
  owner = new Client({ connectionString: database.urls.projector })
  await owner.connect()
  await growCompany()
}, 120_000)
afterAll(async () => {
  await owner.end()
  await world.stop()
  await eventStore.close()
  await database.drop()
})

/** Many of each, of which every third name is borne by two. Nina decides for all pods. */
async function growCompany() {
  const nina = '00000000-0000-4000-8000-0000000000aa'
  await owner.query(
    `insert into read.users (id, email, name, role, active, demo, account_history, registered_at, revision)
     select gen_random_uuid(), 'person-' || n || '@many.example', case n % 3 when 0 then 'Émile ' || n / 6 else 'Person ' || n end,
       case n % 10 when 0 then 'MANAGER' else 'DEVELOPER' end, n % 7 <> 0, false, account_history, now(), 0
     from generate_series(1, $1::int) n, (select account_history from read.users limit 1) known`,
    [many],
  )
  await owner.query(
    `insert into read.users (id, email, name, role, active, demo, account_history, registered_at, revision)
     select $1, 'nina@many.example', 'Nina Busy', 'MANAGER', true, false, account_history, now(), 0 from read.users limit 1`,
    [nina],
  )
  await owner.query(
    `insert into read.pods (id, name, manager_id, deputy_ids, revision)
     select 'pod-' || n, 'Team ' || n / 2, $2, array(select id from read.users where role = 'MANAGER' and email like '%@many.example' order by id limit 50), 0
     from generate_series(1, $1::int) n`,
    [many, nina],
  )
  await owner.query(
    `insert into read.instances (id, name, engine, environment, endpoint, databases, username, retired, revision, connection_revision)
     select gen_random_uuid(), 'db-' || n / 2, case n % 2 when 0 then 'postgresql' else 'mongodb' end,
       case n % 5 when 0 then 'production' else 'staging' end, '{"kind":"host","host":"db.internal","port":5432,"tls":true}',
       array['orders', 'archive_' || n], 'app', n % 50 = 0, 0, 0
     from generate_series(1, $1::int) n`,
    [many],
  )
}

type ListSchema = typeof userListSchema | typeof podListSchema | typeof instanceListSchema
const lists: [path: string, schema: ListSchema][] = [
  ['/api/users', userListSchema],
  ['/api/pods', podListSchema],
  ['/api/instances', instanceListSchema],
]

async function page(path: string, schema: ListSchema, query = '', who = world.ada) {
  const { status, body } = await world.get(`${path}?${query}`, who)
  expect([path, query, status]).toEqual([path, query, 200])
  const { items, ...rest } = schema.parse(body)
  return { rows: items.map(({ id, name }) => ({ id, name })), items, ...rest }
}

describe.each(lists)('GET %s with thousands of rows', (path, schema) => {
  test('answers a page without being asked for one, and says how many there are', async () => {
    const { status, body } = await world.get(path, world.ada)
    expect(status).toBe(200)
    expect(JSON.stringify(body).length).toBeLessThan(mostBytes * (path === '/api/pods' ? 4 : 1))
    const { items, total, before, nextCursor, previousCursor } = schema.parse(body)
    expect([items.length, before, previousCursor]).toEqual([50, 0, null])
    expect(total).toBeGreaterThan(many)
    expect(nextCursor).not.toBeNull()
  })

  test(
    'every row stands on one page, in one order, forwards and backwards alike',
    { timeout: 180_000 },
    async () => {
      const forwards: string[] = []
      let cursor: string | null = ''
      let last = ''
      while (cursor !== null) {
        const read = await page(path, schema, `limit=200&cursor=${cursor}`)
        expect(read.before).toBe(forwards.length)
        forwards.push(...read.rows.map(({ id }) => id))
        last = read.previousCursor ?? ''
        cursor = read.nextCursor
      }
      const { total } = await page(path, schema, 'limit=1')
      expect(forwards).toHaveLength(total)
      expect(new Set(forwards).size).toBe(total)

      const inTheLast = total % 200 || 200
      const backwards: string[] = []
      for (cursor = last; cursor !== null;) {
        const read = await page(path, schema, `limit=200&cursor=${cursor}`)
        backwards.unshift(...read.rows.map(({ id }) => id))
        expect(read.before).toBe(total - inTheLast - backwards.length)
        cursor = read.previousCursor
      }
      expect(backwards).toEqual(forwards.slice(0, -inTheLast))
    },
  )

  test('rows that come and go before a cursor move nothing after it', async () => {
    const first = await page(path, schema, 'limit=10')
    const second = await page(path, schema, `limit=10&cursor=${first.nextCursor}`)
    const third = await page(path, schema, `limit=10&cursor=${second.nextCursor}`)
    const table = path.replace('/api/', 'read.')
    const victim = first.rows[3]
    await owner.query(`update ${table} set name = ' first of all' where id = $1`, [victim?.id])
    const again = await page(path, schema, `limit=10&cursor=${first.nextCursor}`)
    expect([again.rows, again.before, again.total]).toEqual([second.rows, 10, second.total])
    const back = await page(path, schema, `limit=10&cursor=${third.previousCursor}`)
    expect([back.rows, back.before]).toEqual([second.rows, 10])
    await owner.query(`update ${table} set name = $2 where id = $1`, [victim?.id, victim?.name])
    expect((await page(path, schema, 'limit=10')).rows).toEqual(first.rows)
  })

  test('going back to the beginning ends on a whole first page', async () => {
    const first = await page(path, schema, 'limit=7')
    const second = await page(path, schema, `limit=10&cursor=${first.nextCursor}`)
    const back = await page(path, schema, `limit=10&cursor=${second.previousCursor}`)
    expect([back.rows.length, back.before, back.previousCursor]).toEqual([10, 0, null])
    expect(back.rows.slice(0, 7)).toEqual(first.rows)
  })

  test('a cursor that is none of this list is refused by name', async () => {
    const other = path === '/api/pods' ? '/api/users' : '/api/pods'
    const { body } = await world.get(`${other}?limit=1`, world.ada)
    const ofOther = (body as { nextCursor: string }).nextCursor
    const name = path.replace('/api/', '')
    const written = (key: unknown[]) =>
      Buffer.from(JSON.stringify([`${name}, after`, ...key])).toString('base64url')
    const wrong = [
      ...[
        'x',
        'e30',
        ofOther,
        `${ofOther}x`,
        written([]),
        written(['\0', '\0']),
        written(['a', 'no id', 'b']),
      ],
      ...[written([1, 2, 3]), written(['false', 'x'.repeat(301), world.instance]), written([null, {}, []])],
      ...[written(['maybe', 'a', world.instance]), written(['a'.repeat(301), world.instance])],
      ...[written(['a\0', world.instance]), written(['false', 'a\0', world.instance])],
    ]
    for (const cursor of wrong) {
      const answer = await world.get(`${path}?cursor=${cursor}`, world.ada)
      const problem = problemSchema.parse(answer.body)
      expect([cursor, answer.status, problem.code, problem.faults?.[0]?.path]).toEqual([
        cursor,
        400,
        'invalid',
        'cursor',
      ])
    }
  })

  test.each(['limit=0', 'limit=201', 'limit=x', 'id=', 'id=%00', 'q=%00'])('refuses ?%s', async (query) => {
    expect((await world.get(`${path}?${query}`, world.ada)).status).toBe(400)
  })

  test('keeps what was asked for by id', async () => {
    const some = (await page(path, schema, 'limit=3')).rows
    const asked = some.map(({ id }) => id).join(',')
    const found = await page(path, schema, `id=${asked}`)
    expect([found.rows, found.total]).toEqual([some, 3])
  })
})

const names = async (path: string, schema: ListSchema, query: string, who = world.ada) => {
  const { rows, total } = await page(path, schema, query, who)
  expect(total).toBe(rows.length)
  return rows.map(({ name }) => name)
}

test('users are found by name and address, role, state and pod', async () => {
  const users = (query: string) => names('/api/users', userListSchema, query)
  expect(await users('q=gRACE%20')).toEqual(['Grace Park'])
  expect(await users('q=omar.haddad@EXAMPLE')).toEqual(['Omar Haddad'])
  expect(await users('q=%C3%A9mile%20166')).toEqual(['Émile 166', 'Émile 166'])
  expect(await users('q=person-4999@many')).toEqual(['Person 4999'])
  expect(await users('q=%25&role=ADMIN')).toEqual([])
  expect(await users('role=ADMIN')).toEqual(['Ada Root', 'Gone Away'])
  expect(await users('role=ADMIN&active=true')).toEqual(['Ada Root'])
  expect(await users('q=a&active=false&role=ADMIN')).toEqual(['Gone Away'])
  expect(await users('podId=payments')).toEqual(['Grace Park', 'Miguel Sosa'])
  expect(await users('podId=payments&q=miguel')).toEqual(['Miguel Sosa'])
  expect(await users('podId=no-such-pod')).toEqual([])
})

test('a row of who decides for very many pods names some and counts all', async () => {
  const [nina] = userListSchema.parse((await world.get('/api/users?q=nina@', world.ada)).body).items
  expect([nina?.pods.length, nina?.podCount]).toEqual([5, many])
  const [grace] = userListSchema.parse((await world.get('/api/users?q=grace', world.ada)).body).items
  expect([grace?.pods.map(({ id }) => id), grace?.podCount]).toEqual([['payments'], 1])
})

test('pods are found by name, id and who decides, by everybody', async () => {
  const pods = (query: string, who = world.dana) => names('/api/pods', podListSchema, query, who)
  expect(await pods('q=PAYM')).toEqual(['Payments'])
  expect(await pods('q=pod-4321')).toEqual(['Team 2160'])
  expect(await pods('q=noor')).toEqual(['Logistics'])
  expect(await pods('q=miguel%20sosa')).toEqual(['Payments'])
  expect(await pods('q=noor.aziz@')).toEqual([])
  expect(await pods(`memberId=${world.miguel.id}`)).toEqual(['Payments'])
  expect(await pods(`memberId=${world.miguel.id}&q=logistics`)).toEqual([])
})

test('instances are found by name, database, engine, environment and state; retired ones stand last', async () => {
  const instances = (query: string, who = world.ada) =>
    names('/api/instances', instanceListSchema, query, who)
  expect(await instances('q=PROD-eu')).toEqual(['prod-eu'])
  expect(await instances('q=archive_4321')).toEqual(['db-2160'])
  expect(await instances('q=db-77&engine=mongodb&environment=production')).toEqual([
    'db-77',
    'db-772',
    'db-777',
  ])
  expect(await instances('q=old-db')).toEqual(['old-db'])
  expect(await instances('q=old-db&retired=false')).toEqual([])
  expect(await instances('q=old-db', world.dana)).toEqual([])
  expect(await instances('retired=true', world.dana)).toEqual([])
  expect(await instances(`id=${world.retired}`, world.dana)).toEqual([])
  const { rows, total } = await page('/api/instances', instanceListSchema, 'retired=true&limit=200')
  expect([rows.length, total]).toEqual([101, 101])
  const { total: ofAda } = await page('/api/instances', instanceListSchema)
  const { total: ofDana } = await page('/api/instances', instanceListSchema, '', world.dana)
  expect([ofAda, ofDana]).toEqual([many + 2, many + 2 - 101])
})

test("one's own sessions come in pages too, the newest first", async () => {
  const commands = new Client({ connectionString: database.urls.command })
  await commands.connect()
  // Some begin in the same moment.
  await commands.query(
    `insert into record.sessions (session_id, user_id, started_at)
     select gen_random_uuid(), $1, now() - make_interval(secs => n / 2) from generate_series(2, 301) n`,
    [world.omar.id],
  )
  await commands.end()
  const seen: string[] = []
  const starts: string[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body } = await world.get(`/api/auth/sessions?limit=40&cursor=${cursor}`, world.omar)
    const { items, total, before, nextCursor } = sessionListSchema.parse(body)
    expect([total, before]).toEqual([301, seen.length])
    seen.push(...items.map(({ id }) => id))
    starts.push(...items.map(({ startedAt }) => startedAt))
    cursor = nextCursor
  }
  expect(new Set(seen).size).toBe(301)
  expect(starts).toEqual(starts.toSorted().toReversed())
  expect((await world.get('/api/auth/sessions?cursor=x', world.omar)).status).toBe(400)
})
