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
  [`x = ${'['.repeat(30_000)}`, 'TOO_COMPLEX', null, 'nested too deeply'],
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
