import { expect, test } from 'vitest'
import { parseStatements, type Statement } from './statements.ts'

function only(content: string): Statement {
  const parsed = parseStatements(content)
  if ('error' in parsed) throw new Error(parsed.error.message)
  const [statement, ...more] = parsed.statements
  if (!statement || more.length > 0) throw new Error('One statement is expected.')
  return statement
}

test.each([
  'select 1',
  'select lower(a), count(*), sum(b) over (order by c) from t group by 1',
  'select random(), clock_timestamp(), gen_random_uuid(), now(), version()',
  'select pg_total_relation_size($$t$$), pg_stat_get_live_tuples(1), currval($$s$$)',
  'select * from pg_stat_activity where a between 1 and 2 and b in (1, 2) and c not like $$x%$$ and d similar to $$x$$',
  "select a::int, b::text[], '5'::numeric(5, 2), date '2024-01-01', interval '1 day', 'x'::regclass, c::jsonb -> 'x' ->> 'y' from t",
  'select extract(year from a), substring(a from 1 for 2), trim(both from a), a at time zone $$UTC$$, position(a in b), overlay(a placing b from 1) from t',
  'with x as (select 1) select * from x union all select * from generate_series(1, 5)',
  'select * from t tablesample system (5)',
  'select coalesce(a, b), greatest(a, b), nullif(a, b), a is distinct from b, array[1, 2], row(1, 2), current_user, current_date from t',
  'select exists (select 1 from u where u.id = t.id), a = any (select b from u) from t order by a using <',
  'select xmlelement(name a), json_object($$a$$: 1), json_array(1, 2), grouping(a) from t group by a',
  "select * from json_table('[]'::jsonb, '$[*]' columns (a int path '$'))",
  'explain delete from t',
  'explain (analyze off) delete from t',
  'explain (analyze, analyze false) delete from t',
  'explain (analyze 0) insert into t values (1)',
  'explain analyze select 1',
  'show work_mem',
  'table t',
  'values (1), (2)',
  'declare c cursor for select 1',
  'fetch 5 from c',
  'select t.name, (t).name, t.* from t',
  'select pg_catalog.lower(a) from t',
  'select 1 operator(pg_catalog.+) 2',
])('%s reads', (content) => {
  expect(only(content)).toMatchObject({ kind: 'read', inTransaction: true, refusal: null, findings: [] })
})

test.each([
  ['insert into t values (1)', 'changes-rows'],
  ['with d as (delete from t returning *) select * from d', 'write-in-with'],
  ['select * into x from t', 'select-into'],
  ['select * into x from t union select 1', 'select-into'],
  ['select 1 from t union (select 2 from t for update)', 'select-locks-rows'],
  ['explain analyze delete from t', 'changes-rows'],
  ['explain (analyze off, analyze) update t set a = 1', 'changes-rows'],
  ['explain (analyze) create table x as select 1', 'changes'],
  ['lock table t in access exclusive mode', 'changes'],
  ['lock t in access share mode', 'changes'],
  ['reindex table t', 'changes'],
  ['copy t to $$/tmp/x$$', 'server-file'],
  ['create table x as select 1', 'changes'],
  ['select nextval($$s$$)', 'sequence-moves'],
  ['select setval($$s$$, 1)', 'sequence-moves'],
  ['select pg_terminate_backend(1)', 'admin-function'],
  ['select pg_catalog.pg_reload_conf()', 'admin-function'],
  ['select pg_cancel_backend(pid) from pg_stat_activity', 'admin-function'],
  ['select pg_switch_wal()', 'admin-function'],
  ['select pg_create_logical_replication_slot($$a$$, $$b$$)', 'admin-function'],
  ['select pg_stat_reset()', 'admin-function'],
  ['select pg_advisory_lock(1)', 'advisory-lock'],
  ['select pg_try_advisory_xact_lock(1)', 'advisory-lock'],
  ['select pg_advisory_unlock_all()', 'advisory-lock'],
  ['select * from dblink($$x$$, $$delete from t$$) as x(a int)', 'remote-call'],
  ['select http_get($$x$$)', 'remote-call'],
  ['select pg_read_file($$/etc/passwd$$)', 'server-file'],
  ['select lo_export(1, $$/tmp/x$$)', 'server-file'],
  ['select lo_unlink(1)', 'large-object'],
  ['select pg_notify($$a$$, $$b$$)', 'notifies'],
  ['notify a', 'changes'],
  ['select txid_current()', 'takes-transaction-id'],
  ['checkpoint', 'changes'],
  ['load $$x$$', 'changes'],
  ['truncate t', 'changes'],
  ['merge into t using u on t.a = u.a when matched then delete', 'changes-rows'],
])('%s writes', (content, code) => {
  const { kind, findings } = only(content)
  expect(kind).toBe('write')
  expect(findings.map((finding) => finding.code)).toContain(code)
})

test.each([
  ['do $$ begin end $$', 'DO runs code'],
  ['call p(1)', 'CALL runs code'],
  ['select refresh_all()', 'refresh_all() is not one'],
  ['select evil.lower(a) from t', 'lower() is not one'],
  ['select 1 === 2', 'operator === is not one'],
  ['select 1 operator(evil.+) 2', 'operator + is not one'],
  ['select a::mood from t', 'type mood is not one'],
  ['select cast(1 as evil.text)', 'type text is not one'],
  ['select mood $$x$$', 'type mood is not one'],
  ['select * from t where a in (select refresh_all())', 'refresh_all() is not one'],
  ['select 1 limit refresh_all()', 'refresh_all() is not one'],
  ['select * from refresh_all() r', 'refresh_all() is not one'],
  ['select * from t tablesample evil.bad(5)', 'bad() is not one'],
  ['select a from t order by a using ===', 'operator === is not one'],
  ['select 1 === any (select 2)', 'operator === is not one'],
  ['explain select refresh_all()', 'refresh_all() is not one'],
  ['explain (analyze off) update t set a = refresh_all()', 'refresh_all() is not one'],
  ['select query_to_xml($$delete from t$$, true, true, $$$$)', 'may run a query'],
  ['select database_to_xml(true, true, $$$$)', 'may run a query'],
  ['select ts_stat($$select 1$$)', 'may run a query'],
  ['declare c cursor for select refresh_all()', 'refresh_all() is not one'],
])('what %s does can not be told', (content, words) => {
  const { kind, findings } = only(content)
  expect(kind).toBe('cannot-tell')
  expect(findings.map(({ message }) => message).join()).toContain(words)
})

test.each([
  'set search_path = a, b',
  'set local work_mem = $$1GB$$',
  'set time zone $$UTC$$',
  'set app.user_id = $$7$$',
  'reset search_path',
  'set enable_seqscan = off',
  'select setseed(0.5)',
])('%s changes the session', (content) => {
  expect(only(content)).toMatchObject({ kind: 'session', refusal: null })
})

test.each([
  "set client_encoding to 'LATIN1'",
  "set names 'latin1'",
  'set standard_conforming_strings = off',
  'set backslash_quote = on',
  "set bytea_output = 'escape'",
  "set datestyle = 'german'",
  'set intervalstyle = iso_8601',
  'set xml option document',
  'set session_replication_role = replica',
  'set client_connection_check_interval = 0',
  'set statement_timeout = 0',
  "set local lock_timeout = '2s'",
  'set idle_in_transaction_session_timeout = 0',
  'set transaction_timeout = 0',
  'set role admin',
  'set local role admin',
  'reset role',
  'set session authorization admin',
  'set row_security = off',
  'set synchronous_commit = off',
  'set plpgsql.variable_conflict = use_column',
  "set pgaudit.log = 'none'",
  'reset all',
  'discard all',
  'discard plans',
  'set transaction read write',
  'set local transaction_read_only = off',
  'set session characteristics as transaction read only',
  "set transaction snapshot 'x'",
  'set default_transaction_read_only = on',
  "select set_config('role', 'admin', true)",
  "select pg_catalog.set_config('Client_Encoding', 'LATIN1', false)",
  "insert into t select set_config('statement_timeout', '0', false)",
  "select 1 from t where set_config(a, 'x', true) is null",
  "update pg_settings set setting = 'off' where name = 'standard_conforming_strings'",
  "with x as (update pg_catalog.pg_settings set setting = 'off' returning 1) select * from x",
  'explain analyze execute p',
  'declare c cursor for select set_config($$role$$, $$a$$, true)',
])('%s is refused', (content) => {
  expect(only(content).refusal).not.toBeNull()
})

test.each([
  "select set_config('app.user', 'x', true)",
  "select set_config('search_path', 'x', true)",
  "insert into t select set_config('app.user', 'x', true)",
])('%s may run', (content) => {
  expect(only(content).refusal).toBeNull()
})

test.each([
  'vacuum t',
  'vacuum (full) t',
  'create index concurrently i on t (a)',
  'drop index concurrently i',
  'reindex (concurrently) table t',
  'reindex schema s',
  'cluster',
  'alter table p detach partition q concurrently',
  'alter database d set tablespace t',
  'alter system set work_mem = 1',
  'alter subscription s refresh publication',
  'create database d',
])('%s runs outside of a transaction', (content) => {
  expect(only(content)).toMatchObject({ kind: 'write', inTransaction: false, commitsItself: true })
})

test.each([
  'analyze t',
  'refresh materialized view concurrently v',
  'alter type m add value $$x$$',
  'reindex table t',
])('%s runs in a transaction', (content) => {
  expect(only(content)).toMatchObject({ kind: 'write', inTransaction: true, commitsItself: false })
})

test('findings have their places, and names are told for the catalog of the server to judge', () => {
  const content = "\ufeffselect 'é', lower(t.a), refresh_all() from t where b === 1 and (u).c = 2; "
  expect(only(content)).toMatchObject({
    kind: 'cannot-tell',
    functions: ['lower'],
    attributes: expect.arrayContaining(['a', 'c']) as string[],
    operators: ['='],
    findings: [{ offset: content.indexOf('refresh_all') }, { offset: content.indexOf('===') }],
  })
})

test.each([
  ["select setval('s', 5)", 'setval() moves a sequence'],
  ["select 1 from t where nextval('s') > 5", 'nextval() moves a sequence'],
  ["insert into t values (pg_catalog.nextval('s'))", 'nextval() moves'],
  ["with a as (select setval('s', 1)) delete from t", 'setval() moves'],
  ["merge into t using u on true when matched then update set a = nextval('s')", 'nextval() moves'],
  ["call p(nextval('s'))", 'nextval() moves'],
  ["alter table t add column a int default nextval('s')", 'nextval() moves'],
  ["explain analyze select nextval('s')", 'nextval() moves'],
  ["do 'begin perform SETVAL($1, 5); end' language plpgsql", 'setval() moves'],
  ["select dblink_exec('x', 'delete from t')", 'reaches another server'],
  ["select lo_export(1, '/tmp/a')", 'changes files'],
  ['select pg_reload_conf()', 'acts on the server'],
  ['select pg_terminate_backend(5)', 'acts on the server'],
  ['select pg_cancel_backend(pid) from pg_stat_activity', 'acts on the server'],
  ["copy t to '/tmp/t'", 'writes a file'],
])('%s does what no rollback takes back', (content, words) => {
  expect(only(content).lasting).toContain(words)
})

test.each([
  'do $$ begin execute format($f$select %I($1)$f$, $a$next$a$ || $b$val$b$) using 1; end $$',
  'do $$ begin execute $a$select next$a$ || $b$val(1)$b$; end $$',
  'do $$ begin perform pg_temp.f(); end $$',
  'do $$ begin call p(); end $$',
  'do $$ begin if (f(1)) then null; end if; end $$',
  'do $$ begin perform "Now"(); end $$',
  'do $$ begin perform public.coalesce(1); end $$',
  'do $$ begin perform 1 === 2; end $$',
  'do $$ begin perform query_to_xml($q$select f()$q$, true, false, $n$n$n$); end $$',
  "do language plpython3u 'plpy.execute(1)'",
  'call p()',
  'select pg_temp.f()',
  'insert into t select f(a) from u',
  'update t set a = a === 2',
  'delete from t where a = 1::mine',
  'select query_to_xml($q$select f()$q$, true, false, $n$n$n$)',
  'alter table t add column a int default f()',
  'create index on t (f(a))',
  'create table t as select f()',
  'explain analyze select f()',
])('%s may do what no rollback takes back, as far as anybody can tell', (content) => {
  expect(only(content).lasting).toMatch(/can't be told from the text|not in the text|given to it as text/)
})

test.each([
  'do $$ begin if (1 = 2) then perform (3); end if; return; end $$',
  "do $$ declare r record; begin for r in select id, lower(name) from t where a in (1, 2) loop update t set a = coalesce(r.id, 1) where b <> 'execute'; end loop; raise exception 'call f()'; end $$",
  'do $$ begin insert into public.t (a, b) values (now(), 1) on conflict do nothing; end $$',
  'do $$ begin -- execute f()\n create table if not exists x (a numeric(3, 2)); end $$',
  'alter table t add column a mine',
  'insert into t (a) select lower(b) from u',
  'create index on t (lower(a))',
  'select currval($$s$$), lastval()',
  "select 'setval(1)'",
  'update t set setval = nextval',
  "create table t (a int default nextval('s'))",
  "create view v as select nextval('s')",
  "create function f() returns int language sql as 'select nextval(1)'",
  "explain select nextval('s')",
  "copy t from '/tmp/t'",
  "select pg_read_file('a'), lo_import('b')",
  'insert into t default values',
  "do 'begin insert into t values (1); end'",
  'alter sequence s restart',
])('%s does nothing that is known to outlast a rollback', (content) => {
  expect(only(content).lasting).toBeNull()
})
