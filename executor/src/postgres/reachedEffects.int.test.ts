import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { QueryBench } from '../testing/queryBench.ts'
import { ScriptBench } from '../testing/scriptBench.ts'

// What hangs on the relations that a statement names: each function here writes over a connection of its own, which no rollback undoes, so that
// `ran` tells what really happened.

let queries: QueryBench
let known: QueryBench
let scripts: ScriptBench

const witness = (way: string) => `
  create extension dblink;
  create table ran (at text);
  create function reach(at text) returns void language plpgsql as
    $$ begin perform public.dblink_exec('${way}', format('insert into ran values (%L)', at)); end $$`

const schema = `
  create function as_int(at text) returns int language plpgsql immutable as $$ begin perform public.reach(at); return 1; end $$;
  create function as_true(at text) returns boolean language plpgsql immutable as $$ begin perform public.reach(at); return true; end $$;
  create function by_trigger() returns trigger language plpgsql as
    $$ begin perform public.reach(tg_name); return coalesce(new, old); end $$;
  create function by_event() returns event_trigger language plpgsql as $$ begin perform public.reach('event'); end $$;

  create table d_plain (id int primary key, word text check (length(word) < 50), made timestamptz default now());
  insert into d_plain values (1, 'one'), (2, 'two');
  create table d_lines (id int primary key, plain int references d_plain, amount numeric(10, 2) not null default 0 check (amount >= 0));
  create index on d_lines (plain); create index on d_plain (lower(word));
  create table d_trig (n int); create trigger t1 before insert on d_trig for each row execute function by_trigger();
  create table d_default (n int, m int default as_int('default'));
  create table d_check (n int check (as_true('check')));
  create table d_generated (n int, m int generated always as (n + as_int('generated')) stored);
  create table d_index (n int); create index on d_index ((n + as_int('index')));
  create table d_part_index (n int); create index on d_part_index (n) where as_true('predicate');
  create domain d_dom as int check (as_true('domain')); create table d_domain (n d_dom);
  create table d_parent (n int primary key); insert into d_parent values (1), (2);
  create table d_child (n int references d_parent on delete cascade on update cascade); insert into d_child values (1);
  create trigger t2 after delete or update on d_child for each row execute function by_trigger();
  create table d_emptied (n int primary key);
  create table d_emptied_child (n int references d_emptied);
  create trigger t3 before truncate on d_emptied_child execute function by_trigger();
  create table d_null_parent (n int primary key); insert into d_null_parent values (1);
  create table d_null_child (n int references d_null_parent on delete set default, m int);
  alter table d_null_child alter n set default nullif(as_int('set default'), 1); insert into d_null_child values (1, 1);
  create view d_view as select n from d_plain p, (values (1)) v(n);
  create trigger t4 instead of insert on d_view for each row execute function by_trigger();
  create view d_auto as select n from d_trig;
  create table d_parts (n int) partition by range (n);
  create table d_part1 partition of d_parts for values from (0) to (10);
  create trigger t5 before insert on d_part1 for each row execute function by_trigger();
  create table d_base (n int); create table d_heir () inherits (d_base); insert into d_heir values (1);
  create trigger t6 before update on d_heir for each row execute function by_trigger();
  create table d_deferred (n int);
  create function fails_late() returns trigger language plpgsql as $$ begin perform public.reach('late'); raise exception 'late'; end $$;
  create constraint trigger t7 after insert on d_deferred deferrable initially deferred for each row execute function fails_late();
  create table d_truncated (n int); create trigger t8 before truncate on d_truncated execute function by_trigger();
  create table d_ruled (n int); create rule r1 as on insert to d_ruled do also insert into d_trig values (new.n);
  create table d_when (n int); create trigger t9 before update on d_when for each row when (as_true('when')) execute function suppress_redundant_updates_trigger();
  insert into d_when values (1);
  create table d_key (n int) partition by range ((n + as_int('key'))); create table d_key1 partition of d_key default;
  create table d_policy (n int); create table d_big_default (n int, o oid default lo_create(0));
  create function by_view() returns int language sql as $$ select public.as_int('view') $$;
  create view d_reaching as select by_view() as n;
  create policy p1 on d_policy using (exists (select from d_reaching));

  create type lamp as (on_ int); create type mood as enum ('good', 'bad');
  create function lamp_int(lamp) returns int language plpgsql as $$ begin perform public.reach('int'); return 1; end $$;
  create function lamp_bool(lamp) returns boolean language plpgsql as $$ begin perform public.reach('bool'); return true; end $$;
  create cast (lamp as int) with function lamp_int(lamp) as implicit;
  create cast (lamp as boolean) with function lamp_bool(lamp) as implicit;
  create table d_lamp (a int, l lamp); insert into d_lamp values (1, row(1));
  create domain lamp_dom as lamp; create table d_lamp_deep (a int, ls lamp[], d lamp_dom); insert into d_lamp_deep values (1, array[row(1)::lamp], row(1));
  create table d_mood (m mood, ms mood[], at int4range); insert into d_mood values ('good', '{bad}', '[1,2)');
`
// Operators of the users' own, of the names of PostgreSQL's: any text that names these is not known in such a database.
const operators = `
  create type meter as (v int);
  create function meter_eq(meter, int) returns boolean language plpgsql as $$ begin perform public.reach('eq'); return true; end $$;
  create operator = (leftarg = meter, rightarg = int, function = meter_eq);
  create operator >= (leftarg = meter, rightarg = int, function = meter_eq);
  create operator <= (leftarg = meter, rightarg = int, function = meter_eq);
  create table d_meter (m meter); insert into d_meter values (row(1));
  create type comp as (v int);
  create function comp_cmp(a comp, b comp) returns int language plpgsql immutable as $$ begin perform public.reach('cmp'); return a.v - b.v; end $$;
  create function comp_lt(a comp, b comp) returns boolean language sql immutable as $$ select public.comp_cmp(a, b) < 0 $$;
  create function comp_le(a comp, b comp) returns boolean language sql immutable as $$ select public.comp_cmp(a, b) <= 0 $$;
  create function comp_same(a comp, b comp) returns boolean language sql immutable as $$ select public.comp_cmp(a, b) = 0 $$;
  create function comp_ge(a comp, b comp) returns boolean language sql immutable as $$ select public.comp_cmp(a, b) >= 0 $$;
  create function comp_gt(a comp, b comp) returns boolean language sql immutable as $$ select public.comp_cmp(a, b) > 0 $$;
  create function comp_hash(a comp) returns int language plpgsql immutable as $$ begin perform public.reach('hash'); return a.v; end $$;
  create operator < (leftarg = comp, rightarg = comp, function = comp_lt);
  create operator <= (leftarg = comp, rightarg = comp, function = comp_le);
  create operator = (leftarg = comp, rightarg = comp, function = comp_same, hashes, merges);
  create operator >= (leftarg = comp, rightarg = comp, function = comp_ge);
  create operator > (leftarg = comp, rightarg = comp, function = comp_gt);
  create operator class comp_ops default for type comp using btree as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 comp_cmp(comp, comp);
  create operator class comp_hash_ops default for type comp using hash as operator 1 =, function 1 comp_hash(comp);
  create table d_comp (c comp, n int); insert into d_comp values (row(1), 1), (row(2), 2);
  create table d_comp_array (cs comp[]); insert into d_comp_array values (array[row(1)::comp]), (array[row(2)::comp]);
  create function int_cmp(a int, b int) returns int language plpgsql immutable as $$ begin perform public.reach('int_cmp'); return a - b; end $$;
  create operator class int_own for type int using btree as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 int_cmp(int, int);
  create table d_own_class (n int); insert into d_own_class select generate_series(1, 3); create index on d_own_class (n int_own)`

beforeAll(async () => {
  queries = await QueryBench.open()
  known = await QueryBench.open()
  scripts = await ScriptBench.open()
  for (const { admin, target } of [queries, known, scripts]) {
    const { host, port, database, username, password } = target
    await admin.query(
      witness(`host=${host} port=${port} dbname=${database} user=${username} password=${password}`),
    )
    await admin.query(schema)
    if (admin === queries.admin) await admin.query(operators)
  }
})
afterAll(async () => {
  await queries.close()
  await known.close()
  await scripts.close()
})
beforeEach(async () => {
  for (const { admin } of [queries, known, scripts]) await admin.query('truncate ran')
})

const ran = async ({ admin }: Pick<QueryBench, 'admin'>) =>
  (await admin.query('select from ran')).rowCount ?? 0
const failing = 'select 1 / 0'

describe('a rolled back write tells that something may be left, where its tables call what nobody knows', () => {
  test.each([
    [`insert into d_trig values (1)`],
    [`insert into d_default (n) values (1)`],
    [`insert into d_check values (1)`],
    [`copy d_trig from 'PG_VERSION'`],
    [`insert into d_generated values (1)`],
    [`insert into d_index values (1)`],
    [`insert into d_part_index values (1)`],
    [`insert into d_domain values (1)`],
    [`delete from d_parent where n = 1`],
    [`update d_parent set n = 7 where n = 1`],
    [`truncate d_emptied cascade`],
    [`truncate d_truncated`],
    [`delete from d_null_parent`],
    [`insert into d_view values (1)`],
    [`insert into d_auto values (1)`],
    [`insert into d_parts values (1)`],
    [`update d_base set n = 2`],
    [`merge into d_trig t using d_plain p on t.n = p.id when not matched then insert values (p.id)`],
    [`insert into d_ruled values (1)`],
    [`update d_when set n = 1`],
    [`insert into d_key values (1)`],
    [`with w as (insert into d_trig values (1) returning n) select n from w`],
    [`insert into d_trig select id from d_plain on conflict do nothing`],
    [`create index on d_plain (id int_own)`],
    [`alter table d_plain add column dom d_dom default 1`],
    [`do $$ begin insert into d_trig values (1); end $$`],
    [`do $$ begin update "d_base" set n = 3; end $$`],
    [
      `create temp table d_copy on commit drop as select * from d_plain order by id; insert into d_trig values (1)`,
    ],
    [
      `create trigger made before delete on d_plain for each row execute function by_trigger(); delete from d_lines; delete from d_plain`,
    ],
    [
      `create rule made as on delete to d_lines do also insert into d_trig values (1); delete from d_lines; insert into d_trig values (2)`,
    ],
    [`alter table d_base add column o int default as_int('made'); insert into d_base values (1)`],
    [`alter table d_plain alter word set default as_int('later')::text; insert into d_plain (id) values (9)`],
    [`create view made as select by_view() as n; select n from made`],
    [
      `create cast (mood as text) with function as_word(mood) as assignment; insert into d_plain select 9, m from d_mood`,
    ],
  ])('%s', async (text) => {
    if (text.includes('as_word'))
      await queries.admin.query(
        `create or replace function as_word(mood) returns text language plpgsql as $$ begin perform public.reach('cast'); return 'x'; end $$`,
      )
    const { outcome, head } = await queries.run(`${text}; ${failing}`)
    expect([outcome, await ran(queries)]).toMatchObject([
      { fate: 'failed', effects: 'partial', error: { code: '22012' } },
      expect.any(Number),
    ])
    expect(await ran(queries)).toBeGreaterThan(0)
    expect(head.notices.length).toBeGreaterThan(0)
  })

  test('and names it', async () => {
    const { head } = await queries.run(`insert into d_trig values (1); ${failing}`)
    expect(head.notices).toEqual([
      "WARNING: SRE Portal: the rollback may not have undone this: The function by_trigger of the database may be reached by the trigger t1 on table d_trig, and what it does can't be told from the text.",
    ])
  })

  test('also of a trigger that refuses at COMMIT', async () => {
    const { outcome } = await queries.run('insert into d_deferred values (1)')
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial', error: { message: 'late' } })
    expect(await ran(queries)).toBe(1)
  })

  test('also of event triggers, and only of what defines something', async () => {
    await queries.admin.query('create event trigger e1 on ddl_command_start execute function by_event()')
    try {
      const { outcome } = await queries.run(`create table made (n int); ${failing}`)
      expect(outcome).toMatchObject({ effects: 'partial' })
      expect(await ran(queries)).toBe(1)
      expect((await queries.run(`delete from d_lines; ${failing}`)).outcome).toMatchObject({
        effects: 'rolled-back',
      })
      expect(await ran(queries)).toBe(1)
    } finally {
      await queries.admin.query('drop event trigger e1')
    }
  })

  test.each(['single', 'per-statement'] as const)('in a script too (%s)', async (mode) => {
    const { outcome } = await scripts.run(
      `await db.transaction(async (tx) => { await tx.query('insert into d_trig values (1)'); throw new Error('no') })`,
      { mode },
    )
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial' })
    expect(await ran(scripts)).toBe(1)
  })
})

describe('a read that runs code of the users by a type tells that something may be left', () => {
  test.each([
    'select a from d_lamp where l',
    'select case when l then 1 end from d_lamp',
    'select l and true from d_lamp',
    'select abs(l) from d_lamp',
    'select sum(l) from d_lamp',
    'select generate_series(1, l) from d_lamp',
    'select (array[1, 2])[l] from d_lamp',
    'select lag(a, l) over () from d_lamp',
    'select (select l::int from d_lamp)',
    'select a from d_lamp_deep where ls[1]',
    'select a from d_lamp_deep where d',
    'select abs(x) from d_lamp_deep, unnest(ls) x',
    'select a from d_lamp where not l',
    'select * from (select l from d_lamp) s where s.l',
    'with s as (select l from d_lamp) select count(*) filter (where l) from s',
    'select a from d_lamp join d_plain on l',
    'select case m when 1 then 2 end from d_meter',
    'select m between 1 and 2 from d_meter',
    'select m in (1, 2) from d_meter',
    'select m = any (array[1, 2]) from d_meter',
    'select 1 from d_meter where m in (select id from d_plain)',
    'select c from d_comp order by c',
    'select distinct c from d_comp',
    'select c, count(*) from d_comp group by c',
    'select n from d_comp a join d_comp b using (c, n)',
    'select c from d_comp union select c from d_comp',
    'select rank() over (partition by c order by n) from d_comp',
    'select max(cs) from d_comp_array',
    'select a.cs = b.cs from d_comp_array a, d_comp_array b',
    'select count(distinct c) from d_comp',
    'select array_agg(c order by c) from d_comp',
    'select nullif(c, c) from d_comp',
    'select row(c) < row(c) from d_comp',
    'table d_policy; select n from d_reaching',
    'explain analyze select c from d_comp order by c',
    'declare d cursor for select c from d_comp order by c; fetch all in d',
  ])('%s', async (text) => {
    const { outcome, head } = await queries.run(`${text}; ${failing}`)
    expect(outcome).toMatchObject({ fate: 'failed', effects: 'partial', error: { code: '22012' } })
    expect(head.notices.length).toBeGreaterThan(0)
    expect(await ran(queries)).toBeGreaterThan(0)
  })

  test('an index of a class of the users own', async () => {
    const { outcome } = await queries.run(`select n from d_own_class where n = 2; ${failing}`)
    expect(outcome).toMatchObject({ effects: 'partial' })
  })

  test('a cast between two types of the server', async () => {
    await queries.admin.query(`
      create function mac_int(macaddr) returns int language plpgsql as $$ begin perform public.reach('mac'); return 1; end $$;
      create cast (macaddr as int) with function mac_int(macaddr) as implicit`)
    try {
      const { outcome } = await queries.run(`select abs(macaddr '08:00:2b:01:02:03'); ${failing}`)
      expect(outcome).toMatchObject({ effects: 'partial' })
      expect(await ran(queries)).toBe(1)
    } finally {
      await queries.admin.query('drop function mac_int cascade')
    }
  })
})

describe('what is known stays so', () => {
  test.each([
    ['insert into d_plain (id, word) values (8, lower($$EIGHT$$))', 'rolled-back'],
    ['update d_plain set word = word where id in (1, 2)', 'rolled-back'],
    ['delete from d_lines; delete from d_plain where id between 1 and 2', 'rolled-back'],
    ['insert into d_lines select id, id, 5 from d_plain', 'rolled-back'],
    ['insert into d_mood values ($$good$$, $${good}$$, $$[1,5)$$)', 'rolled-back'],
    ['insert into d_big_default (n) values (1)', 'rolled-back'],
    ['update d_trig set n = 1', 'rolled-back'],
    ['delete from d_trig; delete from d_default', 'rolled-back'],
    ['insert into d_child values (2)', 'rolled-back'],
    ['insert into d_parent values (5)', 'rolled-back'],
    [
      'merge into d_lines l using d_plain p on l.id = p.id when not matched then insert values (p.id, p.id, 1)',
      'rolled-back',
    ],
    [
      'create table d_new (n int primary key, word text default $$x$$); insert into d_new values (1)',
      'rolled-back',
    ],
    ['create view d_seen as select a from d_lamp where l', 'rolled-back'],
    ['alter table d_lines add column note text default $$none$$', 'rolled-back'],
    ['create index on d_plain (word)', 'rolled-back'],
    ['do $$ begin update d_plain set word = upper(word) where id = 1; end $$', 'rolled-back'],
    ['truncate d_lines', 'rolled-back'],
    ['select * from d_plain p join d_lines l on l.plain = p.id order by word, amount', 'none'],
    [
      'select n from d_trig; select n from d_default; select n from d_check; select n from d_generated',
      'none',
    ],
    ['select m, count(*) from d_mood group by m order by m', 'none'],
    ['select * from d_mood where m in ($$good$$) and at @> 1', 'none'],
    ['select n from d_parent where n = 1; select n from d_parts; select n from d_base', 'none'],
    ['select n from d_deferred; explain insert into d_trig values (1)', 'none'],
    ['select relname, relkind from pg_class order by relname limit 3', 'none'],
  ])('%s: %s', async (text, effects) => {
    const { outcome } = await known.run(`${text}; ${failing}`)
    expect(outcome).toMatchObject({ fate: 'failed', effects, error: { code: '22012' } })
    expect(await ran(known)).toBe(0)
  })
})

test('a refusal within a function is not told as the mode that the portal had chosen', async () => {
  await queries.admin.query(`
    create or replace function makes_read_only() returns void language plpgsql as $$ begin set transaction_read_only = on; end $$`)
  const { outcome } = await queries.run('select makes_read_only(); insert into d_plain values (7)')
  expect(outcome).toMatchObject({ fate: 'failed', error: { code: '25006', hint: null } })
})
