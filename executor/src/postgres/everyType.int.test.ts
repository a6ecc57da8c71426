import { afterAll, beforeAll, expect, test } from 'vitest'
import { ScriptBench } from '../testing/scriptBench.ts'

let bench: ScriptBench

/** Values of the server's own types, as it reads them. */
const values: Record<string, string[]> = {
  bool: ['t', 'f'],
  bytea: ['\\x', '\\x00ff22', '\\x5c2c7b7d'],
  char: ['a', '\\', ' ', '"'],
  name: ['a name', 'NULL'],
  int2: ['-32768', '0', '32767'],
  int4: ['-2147483648', '2147483647'],
  int8: ['-9223372036854775808', '9007199254740993'],
  oid: ['0', '4294967295'],
  float4: ['1.1', '3.4028235e38', 'NaN', '-Infinity', '-0'],
  float8: ['0.1', '1.7976931348623157e308', '5e-324', 'NaN', 'Infinity', '-0'],
  numeric: ['1.50', '12345678901234567890.123456789', 'NaN', 'Infinity', '-Infinity'],
  money: ['12.50', '-1234.56'],
  text: ['', ' ', 'null', 'NULL', 'a"b\\c', '{a,b}', 'a;b', 'ä\u{1f600}\n', '[0:1]={1,2}'],
  varchar: ['', 'a,b'],
  bpchar: ['a  '],
  json: ['{"a": [1, null, "x,y"]}', '[]', '"\\\\"', 'null', '1.5', '[{"b": "}"}]'],
  jsonb: ['{"a": {"b": "\\""}}', '[1, [2, {}]]', 'false'],
  jsonpath: ['$."a"[*] ? (@ > 1)'],
  xml: ['<a b="c">,</a>'],
  uuid: ['123e4567-e89b-12d3-a456-426614174000'],
  date: ['2026-01-02', 'infinity', '-infinity', '0044-03-15 BC', '12345-06-07'],
  time: ['03:04:05.123456', '24:00:00'],
  timetz: ['03:04:05.123456+05:30'],
  timestamp: ['2026-01-02 03:04:05.123456', 'infinity', '0044-03-15 12:00:00 BC'],
  timestamptz: ['2026-01-02 03:04:05.123456+00', '-infinity', '12345-06-07 00:00:00+00'],
  interval: ['1 year 2 mons -3 days +04:05:06.7', '00:00:00', 'infinity'],
  bit: ['101'],
  varbit: ['', '10111'],
  inet: ['10.0.0.1', '10.0.0.0/8', '::1'],
  cidr: ['10.0.0.0/8'],
  macaddr: ['08:00:2b:01:02:03'],
  macaddr8: ['08:00:2b:01:02:03:04:05'],
  point: ['(1,2.5)'],
  line: ['{1,-1,0}'],
  lseg: ['[(1,2),(3,4)]'],
  box: ['(3,4),(1,2)'],
  path: ['((1,2),(3,4))', '[(1,2),(3,4)]'],
  polygon: ['((1,2),(3,4),(5,6))'],
  circle: ['<(1,2),3>'],
  oidvector: ['', '1', '1 2 3'],
  int2vector: ['', '5', '5 6 7'],
  tid: ['(0,1)'],
  xid: ['7'],
  xid8: ['18446744073709551615'],
  cid: ['3'],
  pg_lsn: ['16/B374D848'],
  pg_snapshot: ['10:20:10,14,15'],
  txid_snapshot: ['10:20:10,14,15'],
  tsvector: ["'a':1A 'it''s, so':2,3B"],
  tsquery: ["'a' & ( 'b' | !'c':*A )"],
  refcursor: ['a cursor'],
  regproc: ['now', '-'],
  regprocedure: ['sum(integer)'],
  regoper: ['#-', '0'],
  regoperator: ['+(integer,integer)'],
  regclass: ['pg_class'],
  regcollation: ['"C"'],
  regtype: ['timestamp with time zone', 'integer[]'],
  regrole: ['pg_monitor'],
  regnamespace: ['pg_catalog'],
  regconfig: ['simple'],
  regdictionary: ['simple'],
  aclitem: ['pg_monitor=r/pg_monitor'],
  int4range: ['[1,3)', 'empty', '(,5)'],
  int8range: ['[9007199254740993,)'],
  numrange: ['[1.50,2.5]'],
  daterange: ['[2026-01-01,infinity)'],
  tsrange: ['["2026-01-01 00:00:00","2026-01-02 00:00:00")'],
  tstzrange: ['["2026-01-01 00:00:00+00",)'],
  int4multirange: ['{}', '{[1,3),[5,8)}'],
  int8multirange: ['{[1,3)}'],
  nummultirange: ['{[1.50,2.5],(3,)}'],
  datemultirange: ['{[2026-01-01,2026-01-03)}'],
  tsmultirange: ['{["2026-01-01 00:00:00","2026-01-02 00:00:00")}'],
  tstzmultirange: ['{["2026-01-01 00:00:00+00",)}'],
}

/** Types that no statement can write a value of; where the catalogs hold one it is read from there. */
const held: Record<string, string | null> = {
  pg_node_tree: 'select adbin from pg_attrdef limit 1',
  pg_ndistinct: 'select stxdndistinct from pg_statistic_ext_data limit 1',
  pg_dependencies: 'select stxddependencies from pg_statistic_ext_data limit 1',
  pg_mcv_list: 'select stxdmcv from pg_statistic_ext_data limit 1',
  // These stand within indexes alone.
  gtsvector: null,
  pg_brin_bloom_summary: null,
  pg_brin_minmax_multi_summary: null,
}

const ownTypes = `
  create schema app;
  create type app.mood as enum ('so so', 'NULL', 'a,b');
  create type app.pair as (a int, b text);
  create domain app.small as int check (value < 10);
  create domain app.list as int[];
  create type app.span as range (subtype = float8);
  create type app.int4 as enum ('one');
  create type app.bytea as (json text);
  create type app."odd[]" as enum ('{"a",b}');
  create type app."do""t" as enum ('x');
  create type app.geo;
  create function app.geo_in(cstring) returns app.geo as 'textin' language internal immutable strict;
  create function app.geo_out(app.geo) returns cstring as 'textout' language internal immutable strict;
  create type app.geo (input = app.geo_in, output = app.geo_out, like = text, delimiter = ':');
  create table told (a int default 1, b int);
  insert into told select n % 3, n % 3 from generate_series(1, 50) n;
  create statistics told_statistics on a, b from told;
  analyze told`

const ownValues: Record<string, string[]> = {
  'app.mood': ['so so', 'NULL', 'a,b'],
  'app.pair': ['(1,"a ""b""")', '(,)'],
  'app.small': ['5'],
  'app.list': ['{1,2}', '{}'],
  'app.span': ['[1,2.5)'],
  'app.int4': ['one'],
  'app.bytea': ['({})'],
  'app."odd[]"': ['{"a",b}'],
  'app."do""t"': ['x'],
  'app.geo': ['a,b', 'a:b', ''],
}

beforeAll(async () => {
  bench = await ScriptBench.open()
  await bench.admin.query(ownTypes)
})
afterAll(() => bench.close())

/** In the script: a value as the server's text of it, by what JavaScript has made of it. */
const textOf = `
  const number = (value) => Object.is(value, -0) ? '-0' : String(value)
  const textOf = (value, text, isJson) => {
    if (isJson) return JSON.stringify(value) === JSON.stringify(JSON.parse(text)) ? text : JSON.stringify(value)
    if (typeof value === 'number') return number(value) === number(Number(text)) && (value === value || text === 'NaN') ? text : number(value)
    if (typeof value === 'boolean') return value ? 't' : 'f'
    if (value instanceof Uint8Array) return '\\\\x' + [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    return Array.isArray(value) ? '{' + value.join(',') + '}' : value
  }`

/** Reads values and arrays of them in a script; answers what differs from the server's own text, one line each. */
async function differences(type: string, literals: string[], hasArray: boolean): Promise<unknown> {
  const list = literals.map((literal) => `('${literal.replaceAll("'", "''")}'::${type})`).join(', ')
  const arrays = hasArray
    ? `, array[v, null, v] as items, array[[v, v], [v, null]] as grid, array_fill(v, array[2], array[-1]) as shifted, (array[v])[2:] as none`
    : ''
  const { returned, outcome } = await bench.run(`${textOf}
    await db.query("set time zone 'UTC'")
    const { rows, columns } = await db.query({ text: ${JSON.stringify(`select v, format('%s', v) as told${arrays} from (values ${list}) as t (v)`)} })
    const wrong = []
    const isJson = columns[0].type === 'json' || columns[0].type === 'jsonb'
    for (const { v, told, items, grid, shifted, none } of rows) {
      const check = (what, found, due) => { if (JSON.stringify(found) !== JSON.stringify(due)) wrong.push([what, found, due]) }
      const text = (value) => textOf(value, told, isJson)
      check('value', text(v), told)
      if (items === undefined) continue
      check('items', [text(items[0]), items[1], text(items[2]), items.length], [told, null, told, 3])
      check('grid', [grid.length, ...grid.map((row) => row.length), ...grid[0].map(text), text(grid[1][0]), grid[1][1]], [2, 2, 2, told, told, told, null])
      check('shifted', shifted.map(text), [told, told])
      check('none', none, [])
    }
    return { rows: rows.length, wrong }`)
  return { fate: outcome.fate, ...(returned as object), ...('error' in outcome && { error: outcome.error }) }
}

test(
  'a value of every type, alone and in arrays, is what the server says it is',
  { timeout: 240_000 },
  async () => {
    const { rows } = await bench.admin.query<{ name: string; has_array: boolean }>(
      `select typname as name, typarray <> 0 as has_array from pg_type e
     where typnamespace = 'pg_catalog'::regnamespace and typtype in ('b', 'r', 'm', 'e', 'd')
       and not exists (select from pg_type item where item.typarray = e.oid) order by oid`,
    )
    expect(rows.map(({ name }) => name).filter((name) => !(name in values) && !(name in held))).toEqual([])
    const wrong: unknown[] = []
    for (const { name, has_array } of rows) {
      const literals = values[name]
      if (!literals) continue
      const found = await differences(`pg_catalog."${name}"`, literals, has_array)
      const right = { fate: 'executed', rows: literals.length, wrong: [] }
      if (JSON.stringify(found) !== JSON.stringify(right)) wrong.push([name, found])
    }
    expect(wrong).toEqual([])
  },
)

test.for(Object.entries(ownValues))(
  'a value of a type of somebody’s own too: %s',
  async ([type, literals]) => {
    expect(await differences(type, literals, type !== 'app.list')).toEqual({
      fate: 'executed',
      rows: literals.length,
      wrong: [],
    })
  },
)

test.for(Object.entries(held).filter(([, query]) => query !== null))(
  'a value that only the catalogs hold: %s',
  async ([, query]) => {
    const { returned } = await bench.run(`
      const { rows } = await db.query(${JSON.stringify(`select v, format('%s', v) as told from (${query ?? ''}) as t (v)`)})
      return { same: rows[0].v === rows[0].told, length: rows[0].v.length > 0, columns: typeof rows[0].v }`)
    expect(returned).toEqual({ same: true, length: true, columns: 'string' })
  },
)

test('columns of the catalogs keep their vectors, arrays and rows', async () => {
  const { returned } = await bench.run(`
    const { rows: [row], columns } = await db.query(\`select '1 2 3'::oidvector as a, '5 6 7'::int2vector as b, array['1 2'::int2vector, '', null] as c,
      (select indkey from pg_index where indexrelid = 'pg_type_typname_nsp_index'::regclass) as d, '5 6'::int2vector::int2[] as e,
      array[row(1, 'a,b'), row(null, '')] as f, array['(3,4),(1,2)'::box, null] as g, pg_notify('x', 'y') as h, 'u' as i,
      array['one'::app.int4] as j, array['{"a",b}'::app."odd[]"] as k\`)
    return { row, types: columns.map(({ type }) => type) }`)
  expect(returned).toEqual({
    row: {
      a: '1 2 3',
      b: '5 6 7',
      c: ['1 2', '', null],
      d: expect.stringMatching(/^\d+ \d+$/) as string,
      e: [5, 6],
      f: ['(1,"a,b")', '(,"")'],
      g: ['(3,4),(1,2)', null],
      h: '',
      i: 'u',
      j: ['one'],
      k: ['{"a",b}'],
    },
    types: [
      ...['oidvector', 'int2vector', 'int2vector[]', 'int2vector', 'int2[]', 'record[]', 'box[]', 'void'],
      ...['text', 'app."int4"[]', 'app."odd[]"[]'],
    ],
  })
})
