import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { QueryBench } from '../testing/queryBench.ts'
import { ScriptBench } from '../testing/scriptBench.ts'

let bench: QueryBench
let scripts: ScriptBench

beforeAll(async () => {
  bench = await QueryBench.open()
  scripts = await ScriptBench.open()
  for (const { admin } of [bench, scripts]) {
    await admin.query(`
      create function change(name text, value text) returns text language plpgsql volatile as
      $$ begin perform set_config(name, value, false); return value; end $$`)
  }
})
afterAll(async () => {
  await bench.close()
  await scripts.close()
})
beforeEach(async () => {
  await bench.reset()
  await scripts.reset()
})

const told = { fate: 'failed', effects: 'rolled-back', error: { code: 'SETTING_CHANGED' } }
// What a function of the database did elsewhere is not seen.
const toldOfFunction = { ...told, effects: 'partial' }
const settings: [name: string, value: string][] = [
  ['client_encoding', 'LATIN1'],
  ['standard_conforming_strings', 'off'],
  ['DateStyle', 'German'],
  ['IntervalStyle', 'iso_8601'],
  ['backslash_quote', 'on'],
  ['bytea_output', 'escape'],
  ['xmloption', 'document'],
  ['extra_float_digits', '0'],
  ['statement_timeout', '0'],
  ['lock_timeout', '0'],
  ['idle_in_transaction_session_timeout', '0'],
  ['client_connection_check_interval', '0'],
  ['session_replication_role', 'replica'],
  ['synchronous_commit', 'off'],
  ['row_security', 'off'],
  ['quote_all_identifiers', 'on'],
  ['xmlbinary', 'hex'],
  ['lc_monetary', 'POSIX'],
  ['lc_numeric', 'POSIX'],
  ['lc_time', 'POSIX'],
  ['timezone_abbreviations', 'India'],
  ['password_encryption', 'md5'],
]

describe('a setting that decides the meaning or the bounds of a session', () => {
  test.each(settings)('%s changed by a function: nothing is kept', async (name, value) => {
    const { outcome } = await bench.run(
      `insert into numbers values (3, change('${name}', '${value}')); insert into numbers values (4, 'Größe é')`,
    )
    expect(outcome).toMatchObject({
      ...toldOfFunction,
      error: { message: expect.stringContaining(name) as string },
    })
    expect(await bench.numbers()).toEqual([1, 2])
  })

  test.each(settings)('%s changed by a block: nothing is kept', async (name, value) => {
    const { outcome } = await bench.run(
      `do $$ begin perform pg_catalog.set_config('${name}', '${value}', false); end $$; insert into numbers values (4)`,
    )
    expect(outcome).toMatchObject(told)
    expect(await bench.numbers()).toEqual([1, 2])
  })

  test.each(settings)('%s changed in a script: nothing is kept', async (name, value) => {
    const { outcome } = await scripts.run(
      `await db.query('insert into notes values (1)')
       await db.query("select change('${name}', '${value}')").catch(() => {})
       await db.query('insert into notes values (2)').catch(() => {})`,
    )
    expect(outcome).toMatchObject(toldOfFunction)
    expect(await scripts.notes()).toEqual([])
  })

  test('changed in a script whose statements commit by themselves: told, and nothing is sent after it', async () => {
    const { outcome } = await scripts.run(
      `await db.query('insert into notes values (1)')
       await db.query("select change('client_encoding', 'LATIN1')").catch(() => {})
       await db.query('insert into notes values (2)')`,
      { mode: 'per-statement' },
    )
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(await scripts.notes()).toEqual([1])
  })

  test('is what the portal says, whatever the role or the database says', async () => {
    const { database, username } = bench.target
    const own = {
      standard_conforming_strings: 'off',
      bytea_output: 'escape',
      DateStyle: `'German'`,
      IntervalStyle: 'iso_8601',
      client_encoding: 'LATIN1',
    }
    for (const [name, value] of Object.entries(own))
      await bench.admin.query(`alter role ${username} in database ${database} set ${name} = ${value}`)
    const { rows } = await bench.run(
      `select 'a\\b', '\\x00ff'::bytea, date '2026-02-01', interval '1 day', 'é'`,
    )
    await bench.admin.query(`alter role ${username} in database ${database} reset all`)
    expect(rows).toEqual([['a\\b', '\\x00ff', '2026-02-01', '1 day', 'é']])
  })

  test('settings that change nothing of it are free', async () => {
    const { outcome, rows } = await bench.run(
      `set local work_mem = '8MB'; set search_path = pg_catalog, public; set time zone 'Asia/Tokyo'; select current_setting('TimeZone')`,
    )
    expect(outcome).toEqual({ fate: 'executed' })
    expect(rows).toEqual([['Asia/Tokyo']])
  })
})

describe('the portal speaks for itself', () => {
  test('types, casts, operators and functions of the database do not come between it and the server', async () => {
    await bench.admin.query(`
      create schema evil;
      create type evil.text as (x int);
      create domain evil.int8 as pg_catalog.int8 check (false);
      create domain evil.oid as pg_catalog.oid check (false);
      create function evil.cast_id(xid8) returns evil.text language sql as 'select row(666)::evil.text';
      create cast (xid8 as evil.text) with function evil.cast_id(xid8) as implicit;
      create function evil.join_names(pg_catalog.name, pg_catalog.text) returns pg_catalog.text language sql as $$ select 'forged'::pg_catalog.text $$;
      create operator evil.|| (leftarg = pg_catalog.name, rightarg = pg_catalog.text, function = evil.join_names);
      create function evil.pg_current_xact_id() returns xid8 language sql as $$ select '666'::xid8 $$;
      create function evil.current_setting(pg_catalog.text, boolean) returns pg_catalog.text language sql as $$ select 'forged'::pg_catalog.text $$;
      create type public.mood as enum ('fine')`)
    const { outcome, head, transactions } = await bench.run(`
      set search_path = evil, pg_catalog, public;
      insert into numbers values (3);
      select array['fine']::mood[] as moods, 'fine'::mood as mood`)
    const [{ xid } = { xid: '' }] = (
      await bench.admin.query<{ xid: string }>('select xmin::text as xid from numbers where n = 3')
    ).rows
    await bench.admin.query('drop schema evil cascade; drop type mood')
    expect(outcome).toEqual({ fate: 'executed' })
    expect(transactions).toEqual([xid])
    expect(head.statements[2]?.columns).toEqual([
      { name: 'moods', type: 'mood[]' },
      { name: 'mood', type: 'mood' },
    ])
  })
})

describe('a stop that the server ignores', () => {
  const stubborn = `do $$ begin
    perform set_config('statement_timeout', '0', true);
    update numbers set n = n + 10;
    loop begin perform pg_sleep(0.05); exception when query_canceled then null; end; end loop; end $$`
  const running = `select pid from pg_stat_activity where query like 'do $$ begin%' and datname = current_database() and state = 'active'`

  test('ends by terminating the session from another, which is seen to be gone', async () => {
    const stop = new AbortController()
    const run = bench.run(stubborn, { control: { signal: stop.signal } })
    await expect.poll(async () => (await bench.admin.query(running)).rowCount, { timeout: 10_000 }).toBe(1)
    stop.abort('time')
    const { outcome } = await run
    expect((await bench.admin.query(running)).rowCount).toBe(0)
    expect(outcome).toMatchObject({
      fate: 'failed',
      effects: 'rolled-back',
      error: { code: 'TIME_LIMIT', detail: expect.stringContaining('terminated') as string },
    })
    expect(await bench.numbers()).toEqual([1, 2])
  })

  test('is UNKNOWN when nobody can see that it ended', async () => {
    await bench.admin.query(
      `create role lonely login password 'lonely' connection limit 1; grant all on numbers to lonely`,
    )
    const stop = new AbortController()
    const run = bench.run(stubborn, {
      control: { signal: stop.signal },
      target: { username: 'lonely', password: 'lonely' },
    })
    await expect.poll(async () => (await bench.admin.query(running)).rowCount, { timeout: 10_000 }).toBe(1)
    stop.abort('cancelled')
    const { outcome } = await run
    await bench.admin.query(`select pg_terminate_backend(pid) from (${running}) as left_over`)
    await bench.admin.query('drop owned by lonely; drop role lonely')
    expect(outcome).toMatchObject({
      fate: 'unknown',
      reason: expect.stringContaining('may still be running at the target') as string,
    })
  })
})
