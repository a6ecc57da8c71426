import { expect, test, vi } from 'vitest'
import { contentRefusal, type Content } from './contentRefusal.ts'

vi.setConfig({ testTimeout: 60_000 })

const refusal = (content: string, other: Partial<Content> = {}) =>
  contentRefusal({ engine: 'postgresql', kind: 'query', content, ...other })

test.each([
  ['-- nothing\n/* at all */', 'EMPTY', null, 'no statement'],
  [';;;', 'EMPTY', null, 'no statement'],
  ['begin; select 1', 'REFUSED', [1, 1], 'BEGIN, COMMIT'],
  ['select 1;\n  listen x', 'REFUSED', [2, 3], 'LISTEN'],
  ['copy t from stdin', 'REFUSED', [1, 1], 'COPY FROM STDIN'],
  ['copy t to program $$cat$$', 'REFUSED', [1, 1], 'runs a program'],
  ['select 1;\nvacuum t', 'REFUSED', [2, 1], 'can not run in a transaction'],
  ['select * from t where id = {{id}}', '42601', [1, 28], 'placeholder of a template'],
  ['select * from t where id = ${id}', '42601', [1, 28], 'placeholder of a template'],
  ['selec 1', '42601', [1, 1], 'syntax error at or near "selec"'],
  ["select '😀';\r\nselect 'é' frm t", '42601', [2, 16], 'syntax error at or near "t"'],
  ['\\d orders', '42601', [1, 1], 'psql'],
  ['select 1 \\gexec', '42601', [1, 10], 'psql'],
  ['select * from t where id = :id', '42601', [1, 28], ':name'],
  ['select * from t where id = ?', '42601', [1, 28], 'Write the value itself'],
  ['select * from t where id = ? and a = 1', '42601', [1, 28], 'Write the value itself'],
  ['select * from t where id = $1', 'REFUSED', [1, 28], 'a query has no parameters'],
  ['select * from t where a = $2 and b = $1', 'REFUSED', [1, 27], '$2'],
  ['select * from t where a = ‘x’', '42601', [1, 27], "Write ' for a text"],
  ['select “a” from t', '42601', [1, 8], '" for a name'],
  ['select\u00a01', '42601', [1, 7], 'U+00A0 looks like a blank'],
  ['select a\u200b from t', '42601', [1, 9], 'U+200B is invisible'],
  ['select `a` from t', '42601', [1, 8], 'MySQL'],
  ['select "a', '42601', [1, 8], 'unterminated quoted identifier'],
] as const)('the query %j is refused with its place', async (content, code, place, words) => {
  const error = await refusal(content)
  expect(error).toMatchObject({ code, line: place?.[0] ?? null, column: place?.[1] ?? null })
  expect(error?.message).toContain(words)
})

test.each([
  '\ufeffselect 1',
  'select \'‘x’ \u00a0\', $$“$$ as "‘" -- “',
  'select a[1:2], b::text, :: from t'.replace(', ::', ''),
  'select naïve, größe from Straße',
  'create index concurrently i on t (a)',
  'vacuum t; vacuum u',
])('the query %j may be submitted', async (content) => {
  expect(await refusal(content)).toBeNull()
})

test('a byte order mark before a query is counted in its places, and is no part of the statement', async () => {
  expect(await refusal('\ufeffselec 1')).toMatchObject({ line: 1, column: 2, position: 2 })
})

test.each([
  ['import fs from "fs"', 'SYNTAX', [1, 1], 'can not import'],
  ['export const a = 1', 'SYNTAX', [1, 1], 'can not import or export'],
  ['let a = 1\nlet b = ;', 'SYNTAX', [2, 9], 'Unexpected token'],
  ['// only a comment\n;;', 'EMPTY', null, 'nothing to run'],
  [`x = ${'['.repeat(30_000)}`, 'TOO_COMPLEX', [1, 433], 'nested too deeply'],
] as const)('the script %j is refused with its place', async (content, code, place, words) => {
  const error = await refusal(content, { kind: 'script' })
  expect(error).toMatchObject({ code, line: place?.[0] ?? null, column: place?.[1] ?? null })
  expect(error?.message).toContain(words)
})

test.each(['return await db.query("select 1")', '\ufefffor await (const a of b()) console.log(a)'])(
  'the script %j may be submitted',
  async (content) => {
    expect(await refusal(content, { kind: 'script' })).toBeNull()
    expect(await refusal(content, { kind: 'script', engine: 'mongodb' })).toBeNull()
  },
)

test.each([
  ['db.a.find({', [1, 12]],
  ['db.a.find({});\ndb.b.eval()', [2, 1]],
  ['// nothing', null],
] as const)('the MongoDB query %j is refused with its place', async (content, place) => {
  const error = await refusal(content, { engine: 'mongodb' })
  expect(error).toMatchObject({ line: place?.[0] ?? null, column: place?.[1] ?? null })
})

const ofMongo = (content: string) => refusal(content, { kind: 'script', engine: 'mongodb' })

test.each([
  ['await db.c.find({ price: { $gt: 1 }, price: { $lt: 5 } })', 38, 'price stands twice'],
  ['const a = { "x": 1, x: 2 }', 21, 'x stands twice'],
  ['const a = { 1: 1, "1": 2 }', 19, '1 stands twice'],
  ['const a = { a: 1, ["a"]: 2 }', 19, 'a stands twice'],
  ['const a = [() => ({ b: { c: 1, c() {} } })]', 32, 'c stands twice'],
])('a script whose object says a field twice is refused: %s', async (content, column, words) => {
  for (const engine of ['mongodb', 'postgresql'] as const) {
    const error = await refusal(content, { kind: 'script', engine })
    expect(error).toMatchObject({ code: 'FIELD_LOST', line: 1, column })
    expect(error?.message).toContain(words)
    expect(error?.hint).toBe('Nothing was sent to the database.')
  }
})

test.each([
  ['await db.c.insertOne({ "2": 1, "1": 1 })', 32, '"1" would move to the front'],
  ['await db.c.find().sort({ b: 1, 1: -1 }).toArray()', 32, 'sent as 1, b'],
  ['const keys = { b: 1, ["1"]: 1 }; await db.c.createIndex(keys)', 22, 'write a sort and the keys'],
  ['const keys = { [name]: 1, b: 1, 1: 1 }', 33, 'sent as 1, b'],
  ['const keys = { ...more, b: 1, 1: 1 }', 31, 'sent as 1, b'],
  ['await db.c.insertOne({ __proto__: 5 })', 24, '["__proto__"]'],
  ['await db.c.insertOne({ "__proto__": { a: 1 } })', 24, '["__proto__"]'],
  ['f(`${{ b: 1, 1: 1 }}`)', 14, 'sent as 1, b'],
])(
  'an object of a MongoDB script that would be sent otherwise is refused: %s',
  async (content, column, words) => {
    const error = await ofMongo(content)
    expect(error).toMatchObject({ code: 'FIELD_LOST', line: 1, column })
    expect(error?.message).toContain(words)
    expect(await refusal(content, { kind: 'script' })).toBeNull()
  },
)

test.each([
  'await db.c.find().sort([["b", 1], ["1", -1]]).toArray()',
  'const names = { 200: "ok", 404: "not found", other: 1 }',
  'const a = { __proto__: null, x: 1 }',
  'const __proto__ = 1; const a = { __proto__ }',
  'const a = { ["__proto__"]: 1, get b() { return 1 }, set b(x) {} }',
  'const { b, 1: first } = row; const [c = { 1: 1 }] = []',
  'const a = { "1": { 2: 1 }, b: { 1: 1 } }',
])('a MongoDB script whose objects stay as they are may be submitted: %s', async (content) => {
  expect(await ofMongo(content)).toBeNull()
})
