import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest'
import {
  migratedDatabase,
  testDatabase,
  testRolePasswords,
  type MigratedDatabase,
} from '../tests/setup/postgres.ts'
import { migrate } from './migrate.ts'

const rolePasswords = testRolePasswords

async function asking<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

describe('migrating', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>
  let folder: string

  beforeEach(async () => {
    database = await testDatabase()
    folder = await mkdtemp(join(tmpdir(), 'migrations-'))
    await writeFile(
      join(folder, '0001_first.sql'),
      'create table first (id integer); insert into first values (1);',
    )
    await writeFile(join(folder, '0002_second.sql'), 'create table second (id integer);')
  })

  afterEach(async () => {
    await database.drop()
    await rm(folder, { recursive: true })
  })

  const run = () => migrate({ adminUrl: database.url, rolePasswords, folder })

  test('applies what is missing in order, and nothing twice', async () => {
    expect(await run()).toEqual(['0001_first.sql', '0002_second.sql'])
    expect(await run()).toEqual([])
    await writeFile(join(folder, '0003_third.sql'), 'drop table second;')
    expect(await run()).toEqual(['0003_third.sql'])
    expect(await asking(database.url, 'select id from first')).toEqual([{ id: 1 }])
  })

  test('applies each migration once when several processes start at once', async () => {
    await writeFile(join(folder, '0003_slow.sql'), 'insert into first values (2); select pg_sleep(0.2);')
    const applied = await Promise.all([run(), run(), run(), run()])
    expect(applied.map((names) => names.length).sort()).toEqual([0, 0, 0, 3])
    expect(await asking(database.url, 'select id from first order by id')).toEqual([{ id: 1 }, { id: 2 }])
  })

  test('creates the roles once when two databases of one server are migrated at once', async () => {
    const other = await testDatabase()
    await Promise.all([run(), migrate({ adminUrl: other.url, rolePasswords, folder })])
    expect(await asking(other.url, 'select id from first')).toEqual([{ id: 1 }])
    await other.drop()
  })

  test('undoes a migration that fails half-way, and names it', async () => {
    await writeFile(join(folder, '0003_wrong.sql'), 'create table third (id integer); select no_such_column;')
    await expect(run()).rejects.toThrow(
      'Migration 0003_wrong.sql failed and was rolled back: column "no_such_column" does not exist',
    )
    expect(
      await asking(database.url, "select to_regclass('first')::text as first, to_regclass('third') as third"),
    ).toEqual([{ first: 'first', third: null }])
    expect(await asking(database.url, 'select number from migration.applied order by number')).toEqual([
      { number: 1 },
      { number: 2 },
    ])
  })

  test('refuses a database that is newer than the program', async () => {
    await run()
    await rm(join(folder, '0002_second.sql'))
    await expect(run()).rejects.toThrow(/newer than this program: it has migration 0002_second\.sql/)
  })

  test('refuses a migration that was changed after it had been applied', async () => {
    await run()
    await writeFile(join(folder, '0002_second.sql'), 'create table second (id bigint);')
    await expect(run()).rejects.toThrow(/Migration 0002_second\.sql was changed after/)
  })

  test('takes other line ends for the same migration', async () => {
    await writeFile(join(folder, '0002_second.sql'), 'create table second (\n  id integer\n);')
    await run()
    await writeFile(join(folder, '0002_second.sql'), 'create table second (\r\n  id integer\r\n);')
    expect(await run()).toEqual([])
  })

  test('refuses a number that is there twice, and a name without one, before it touches the database', async () => {
    await writeFile(join(folder, '0002_another.sql'), 'select 1')
    await expect(run()).rejects.toThrow('Two migrations have the number of 0002_second.sql')
    await rm(join(folder, '0002_another.sql'))
    await writeFile(join(folder, 'third.sql'), 'select 1')
    await expect(run()).rejects.toThrow('this one is third.sql')
    expect(await asking(database.url, "select to_regclass('first') as first")).toEqual([{ first: null }])
  })

  test('refuses a migration that was slipped in before one that is applied', async () => {
    await writeFile(join(folder, '0005_fifth.sql'), 'select 1')
    await run()
    await writeFile(join(folder, '0004_fourth.sql'), 'create table fourth (id integer)')
    await expect(run()).rejects.toThrow('Migration 0004_fourth.sql comes before 0005_fifth.sql')
    expect(await asking(database.url, "select to_regclass('fourth') as fourth")).toEqual([{ fourth: null }])
  })
})

describe("the services' roles", () => {
  let database: MigratedDatabase
  beforeAll(async () => {
    database = await migratedDatabase()
  })
  afterAll(() => database.drop())

  const denied = { code: '42501' }

  test.each(['user_credentials', 'refresh_tokens', 'login_attempts', 'target_credentials'])(
    'the query service reads nothing of %s',
    async (table) => {
      await expect(asking(database.urls.query, `select * from record.${table}`)).rejects.toMatchObject(denied)
    },
  )

  test('the query service reads stored results and changes nothing', async () => {
    expect(await asking(database.urls.query, 'select * from record.results')).toEqual([])
    await expect(asking(database.urls.query, 'delete from record.results')).rejects.toMatchObject(denied)
  })

  test('only the executor reads the ciphertext of targets', async () => {
    expect(await asking(database.urls.executor, 'select ciphertext from record.target_credentials')).toEqual(
      [],
    )
    for (const url of [database.urls.command, database.urls.query, database.urls.projector])
      await expect(asking(url, 'select ciphertext from record.target_credentials')).rejects.toMatchObject(
        denied,
      )
    expect(await asking(database.urls.command, 'select key_id from record.target_credentials')).toEqual([])
  })

  test('the executor reads no password hash and no token', async () => {
    for (const table of ['user_credentials', 'refresh_tokens'])
      await expect(asking(database.urls.executor, `select * from record.${table}`)).rejects.toMatchObject(
        denied,
      )
  })

  test('only the projector may create schemas', async () => {
    await asking(database.urls.projector, 'create schema read')
    for (const url of [database.urls.command, database.urls.query, database.urls.executor])
      await expect(asking(url, 'create schema other')).rejects.toMatchObject(denied)
  })

  test('nobody but the four roles and the administrator may connect', async () => {
    await asking(database.adminUrl, "create role stranger login password 'stranger'")
    const url = new URL(database.adminUrl)
    Object.assign(url, { username: 'stranger', password: 'stranger' })
    await expect(asking(url.href, 'select 1')).rejects.toMatchObject({ code: '42501' })
    await asking(database.adminUrl, 'drop role stranger')
  })

  test('a wrong password is refused', async () => {
    const url = new URL(database.urls.query)
    url.password = 'wrong'
    await expect(asking(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  })
})
