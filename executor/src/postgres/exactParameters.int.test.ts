import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ScriptBench } from '../testing/scriptBench.ts'

let bench: ScriptBench

beforeAll(async () => {
  bench = await ScriptBench.open()
})
afterAll(() => bench.close())
beforeEach(() => bench.reset())

const circle = '(() => { const c = { a: {} }; c.a.b = [c]; return c })()'
const circularArray = '(() => { const c = [1]; c.push([c]); return c })()'
const deep = '(() => { let d = 1; for (let at = 0; at < 501; at++) d = { d }; return d })()'

test.for<[value: string, message: string | RegExp]>([
  ["db.query('select 1').then(() => 'Oslo')", '$2 is a promise: write await before it. Nothing was sent.'],
  ['Promise.reject(new Error("a"))', '$2 is a promise: write await before it. Nothing was sent.'],
  ['{ a: Promise.resolve(1) }', '$2.a is a promise: write await before it. Nothing was sent.'],
  ['[[1, Promise.resolve(1)]]', '$2[0][1] is a promise: write await before it. Nothing was sent.'],
  ['Object.defineProperty(Promise.resolve(1), Symbol.toStringTag, { value: "Object" })', /^\$2 is a promise/],
  ['new Proxy(Promise.resolve(1), {})', /^\$2 is a promise/],
  [circle, /^\$2\.a\.b\[0\] is an object that it is itself a part of/],
  [circularArray, /^\$2\[1\]\[0\] is an array that it is itself a part of/],
  [`[${circle}]`, /^\$2\[0\]\.a\.b\[0\] is an object that it is itself a part of/],
  [deep, /is nested deeper than 500 levels/],
  ['{ get a() { throw new Error("g") } }', '$2.a can not be read: Error: g. Nothing was sent.'],
  ['{ a: { toJSON() { throw new Error("j") } } }', '$2.a can not be read: Error: j. Nothing was sent.'],
  ['{ toJSON() {} }', /^\$2 is undefined/],
  ['new Proxy({}, { ownKeys() { throw new Error("p") } })', /^\$2 can not be read: Error: p/],
  [
    '(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()',
    /^\$2 can not be read/,
  ],
  ['{ a: NaN }', '$2.a is NaN, which JSON has no number for: write null, or a text. Nothing was sent.'],
  ['[{ a: [Infinity] }]', /^\$2\[0\]\.a\[0\] is Infinity/],
  ['{ a: { b: -Infinity } }', /^\$2\.a\.b is -Infinity/],
  ['{ a: new Date(NaN) }', '$2.a is an invalid date. Nothing was sent.'],
  ['[new Date(NaN)]', '$2[0] is an invalid date. Nothing was sent.'],
  ['{ a: new Error("a") }', /^\$2\.a is an Error: write its message/],
  ['new TypeError("a")', /^\$2 is an Error/],
  ['{ e: /a/g }', '$2.e is a RegExp: write its source. Nothing was sent.'],
  ['() => 1', /^\$2 is a function/],
  ['Symbol("s")', /^\$2 is a symbol/],
  [
    '{ "a b": () => 1 }',
    '$2["a b"] is a function, which JSON has no form for: leave it out. Nothing was sent.',
  ],
  ['{ a: Symbol("s") }', /^\$2\.a is a symbol/],
  ['{ [Symbol("s")]: 1 }', /^\$2 has a field that is named by a symbol/],
  ['new Set([1])', '$2 is a Set: write [...set]. Nothing was sent.'],
  ['{ a: new Map([["b", 1]]) }', /^\$2\.a is a Map: write Object\.fromEntries\(map\)/],
  ['new (class extends Map {})()', /^\$2 is a Map/],
  ['Object.defineProperty(new Set([1]), Symbol.toStringTag, { value: "Object" })', /^\$2 is a Set/],
  ['new Proxy(new Map(), {})', /^\$2 is a Map/],
  ['new WeakMap()', /^\$2 is a WeakMap/],
  ['{ a: new WeakRef({}) }', /^\$2\.a is a WeakRef/],
  ['new URLSearchParams("a=1")', /^\$2 is a URLSearchParams/],
  ['(function* () { yield 1 })()', /^\$2 is a Generator/],
  ['[1, 2].values()', /^\$2 is a Array Iterator/],
  ['{ a: [undefined] }', '$2.a[0] is undefined, which JSON has no form for: write null. Nothing was sent.'],
  ['{ a: [1, , 2] }', /^\$2\.a\[1\] is undefined/],
  ['[1, , 2]', '$2[1] is a hole in an array: write null. Nothing was sent.'],
  ['{ a: new Uint8Array([1]) }', /^\$2\.a is bytes, which JSON has no form for/],
  ['{ a: new Float64Array(2) }', /^\$2\.a is bytes/],
  ['{ a: new ArrayBuffer(2) }', /^\$2\.a is bytes/],
  ['"a\\ud800b"', /^\$2 holds half of a surrogate pair/],
  ['["b", "\\udc00"]', /^\$2\[1\] holds half of a surrogate pair/],
  ['"a\\0b"', /^\$2 holds a NUL character at 2/],
  ['new String("x")', '$2 is an object around a plain value: write value.valueOf(). Nothing was sent.'],
  ['{ toPostgres: () => 1 }', /^\$2 has a method toPostgres/],
  ['{ a: "x".repeat(4100000) }', /^\$2 takes more than 4 MB/],
])('a value that can not arrive whole is refused with its place: %s', async ([value, message]) => {
  const { outcome, intents } = await bench.run(
    `await db.query('insert into notes values ($1, $2)', [1, ${value}])`,
    { mode: 'per-statement' },
  )
  expect(outcome).toMatchObject({ fate: 'failed', effects: 'none', error: { code: 'TypeError', line: 1 } })
  const told = 'error' in outcome ? outcome.error.message : ''
  expect(told).toMatch(message)
  expect(told).toMatch(/ Nothing was sent\.$/)
  expect(intents.filter(({ text }) => text.startsWith('insert'))).toEqual([])
  expect(await bench.notes()).toEqual([])
})

test.for<[value: string, text: string]>([
  ['{ a: 1, b: [1.5, "x", null, true], c: {} }', '{"a":1,"b":[1.5,"x",null,true],"c":{}}'],
  ['{ gone: undefined, kept: null }', '{"kept":null}'],
  ['{ a: -0 }', '{"a":-0}'],
  ['{ n: 12345678901234567890n, m: Object(7n) }', '{"n":12345678901234567890,"m":7}'],
  [
    '{ at: [new Date(0), { at: new Date(1) }] }',
    '{"at":["1970-01-01T00:00:00.000Z",{"at":"1970-01-01T00:00:00.001Z"}]}',
  ],
  ['{ a: new String("x"), b: new Number(5), c: new Boolean(false) }', '{"a":"x","b":5,"c":false}'],
  ['{ toJSON: () => ({ b: 1 }) }', '{"b":1}'],
  ['{ url: new URL("http://x/y") }', '{"url":"http://x/y"}'],
  ['new (class { a = 1; #b = 2; get c() { return 3 } })()', '{"a":1}'],
  ['Object.assign(Object.create(null), { a: 1 })', '{"a":1}'],
  ['new Proxy({ a: [1] }, {})', '{"a":[1]}'],
  ['(() => { const shared = { s: 1 }; return { a: shared, b: shared } })()', '{"a":{"s":1},"b":{"s":1}}'],
  ['{ "__proto__x": 1, ["__proto__"]: 2 }', '{"__proto__x":1,"__proto__":2}'],
  ['[{ a: "\\"\\\\" }, { b: 1 }]', String.raw`{"{\"a\":\"\\\"\\\\\"}","{\"b\":1}"}`],
  ['[1, undefined, null, NaN, "NULL", -0]', '{1,NULL,NULL,NaN,"NULL",-0}'],
  ['{ half: "\\ud800", nul: "\\0" }', String.raw`{"half":"\ud800","nul":"\u0000"}`],
  ['NaN', 'NaN'],
  ['undefined', ''],
  ['"a\\u{1f600}"', 'a\u{1f600}'],
  ['"[circular]"', '[circular]'],
  ['{ a: "[promise: write await before it]" }', '{"a":"[promise: write await before it]"}'],
])('a value arrives whole: %s', async ([value, text]) => {
  const cast = value.startsWith('[') ? '::text[]::text' : '::text'
  const { returned, outcome } = await bench.run(
    `return (await db.query("select coalesce($1${cast}, '') as sent", [${value}])).rows[0].sent`,
  )
  expect(outcome).toEqual({ fate: 'executed' })
  expect(returned).toBe(text)
})

test.for([
  ["select 'a\\ud800b'", /^The text of the statement holds half of a surrogate pair/],
  ["select 'a\\0b'", /^The text of the statement holds a NUL character at 10/],
] as const)('a statement whose text can not arrive whole is refused: %s', async ([text, message]) => {
  const { outcome, intents } = await bench.run(
    `await db.query(${JSON.stringify(text).replaceAll('\\\\', '\\')})`,
  )
  expect(outcome).toMatchObject({
    fate: 'failed',
    effects: 'none',
    error: { message: expect.stringMatching(message) as string },
  })
  expect(intents).toEqual([])
})

test('more values than the protocol can count are refused', async () => {
  const { outcome } = await bench.run(`await db.query('select $1::int', new Array(65537).fill(1))`)
  expect(outcome).toMatchObject({
    effects: 'none',
    error: { message: 'db.query has 65537 values: a statement takes at most 65535. Nothing was sent.' },
  })
})
