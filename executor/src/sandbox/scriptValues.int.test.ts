import { afterAll, beforeAll, expect, test } from 'vitest'
import { ScriptBench } from '../testing/scriptBench.ts'

let bench: ScriptBench
beforeAll(async () => {
  bench = await ScriptBench.open()
})
afterAll(() => bench.close())

test.for([
  '12345678901234567890',
  '-12345678901234567890',
  '9007199254740993',
  '0.12345678901234567890123',
  '1e400',
  '-1.7976931348623157e+309',
  '123456789012345678901234567890.5',
])('a number of json that JavaScript would round keeps every digit: %s', async (number) => {
  const { returned } = await bench.run(`
    const { rows } = await db.query("select '{\\"a\\": [${number}]}'::json as j")
    const back = await db.query('select $1::json->$2->>0 as text, pg_catalog.json_typeof($1::json->$2->0) as type', [rows[0].j, 'a'])
    return { shown: rows[0].j, text: String(rows[0].j.a[0]), back: back.rows[0] }`)
  expect(returned).toEqual({ shown: { a: [number] }, text: number, back: { text: number, type: 'number' } })
})

test.for([
  '1',
  '-0.5',
  '1.50',
  '1e2',
  '0.1',
  '9007199254740992',
  '100000000000000000000000',
  '0',
  '-0.0',
  '1E+2',
])('a number of json that JavaScript holds exactly is a number: %s', async (number) => {
  const { returned } = await bench.run(
    `const value = (await db.query("select '[${number}]'::json as j")).rows[0].j[0]; return [typeof value, value + 1]`,
  )
  expect(returned).toEqual(['number', Number(number) + 1])
})

test('a BigInt within json goes as a number, digit by digit', async () => {
  const { returned } = await bench.run(
    `return (await db.query('select $1::jsonb::text as t', [{ n: 12345678901234567890n }])).rows[0].t`,
  )
  expect(returned).toBe('{"n": 12345678901234567890}')
})

test('rows can be had as arrays, so that columns of one name are all there', async () => {
  const { returned } = await bench.run(`
    const { rows, columns } = await db.query({ text: 'select $1::int as a, 2 as a, 3 as b', values: [1], rowMode: 'array' })
    return { rows, names: columns.map((c) => c.name) }`)
  expect(returned).toEqual({ rows: [[1, 2, 3]], names: ['a', 'a', 'b'] })
})

test('bytes are bytes in whatever view they come', async () => {
  const { returned } = await bench.run(`
    const buffer = new Uint8Array([1, 2, 255]).buffer
    const { rows } = await db.query('select $1::bytea::text as a, $2::bytea::text as b, $3::bytea::text as c, ($4::bytea[])[1]::text as d',
      [buffer, new DataView(buffer, 1), new Uint16Array([1]), [buffer]])
    return rows[0]`)
  expect(returned).toEqual({ a: '\\x0102ff', b: '\\x02ff', c: '\\x0100', d: '\\x0102ff' })
})

test('a RegExp is refused as a parameter in words', async () => {
  const { outcome } = await bench.run(`await db.query('select $1::text', [/a+/])`)
  expect(outcome).toMatchObject({
    error: { code: 'TypeError', message: '$1 is a RegExp: write its source. Nothing was sent.', line: 1 },
  })
})

test('what JSON has no form for is shown as what it is', async () => {
  const { returned } = await bench.run(`return {
    regexp: /a+/gi, buffer: new Uint8Array([1, 255]).buffer, view: new DataView(new ArrayBuffer(2)), boxed: [new Number(5), new String('x'), Object(7n)],
    map: new Map([['a', 1]]), set: new Set([1]), error: new TypeError('t'), date: new Date(0), big: 7n, numbers: [1, -0], gone: undefined }`)
  expect(returned).toEqual({
    regexp: '/a+/gi',
    buffer: '\\x01ff',
    view: '\\x0000',
    boxed: [5, 'x', '7'],
    map: [['a', 1]],
    set: [1],
    error: 'TypeError: t',
    date: '1970-01-01T00:00:00.000Z',
    big: '7',
    numbers: [1, -0],
  })
})

test('what can not be told of a returned value is an object that no data looks like', async () => {
  const { returned } = await bench.run(`
    const circle = { text: '[circular]' }
    circle.self = circle
    let deep = 1
    for (let level = 0; level < 30; level++) deep = [deep]
    return { circle, promise: Promise.resolve(1), work: () => 1, symbol: Symbol('s'), get thrown() { throw new Error('g') },
      weak: [new WeakMap(), new URLSearchParams('a=1')], date: new Date(NaN), alike: { $placeholder: 'circular' },
      deep: JSON.stringify(deep).length, nested: deep }`)
  const instead = (words: string) => ({ $placeholder: words })
  expect(returned).toMatchObject({
    circle: { text: '[circular]', self: instead('circular') },
    promise: instead('promise: write await before it'),
    work: instead('function'),
    symbol: instead('symbol'),
    thrown: instead('threw: Error: g'),
    weak: [instead('WeakMap'), instead('URLSearchParams')],
    date: instead('invalid date'),
    alike: instead('an object with a field that is called $placeholder'),
    deep: 61,
  })
  expect(JSON.stringify(returned)).toContain('[{"$placeholder":"deeper than 24 levels"}]')
})

test.each([
  ['NaN', 'NaN'],
  ['Infinity', 'Infinity'],
  ['-Infinity', '-Infinity'],
  ['0 / 0', 'NaN'],
  ['new Number(NaN)', 'NaN'],
  ['Object(-Infinity)', '-Infinity'],
  ['{ toJSON: () => NaN }', 'NaN'],
  [`(await db.query("select 'NaN'::float8 as n")).rows[0].n`, 'NaN'],
  [`(await db.query("select '-Infinity'::float4 as n")).rows[0].n`, '-Infinity'],
])('a returned %s is told apart from the text, at every depth', async (written, words) => {
  const instead = { $placeholder: words }
  const { returned } = await bench.run(`const n = ${written}
    return [n, { n }, [[{ a: [n] }]], new Map([[n, n]]), new Set([n]), String(n), ${JSON.stringify(words)}]`)
  const shown = written.startsWith('{') ? '[object Object]' : words
  expect(returned).toEqual([
    instead,
    { n: instead },
    [[{ a: [instead] }]],
    [[instead, instead]],
    [instead],
    shown,
    words,
  ])
})

test('a returned NaN alone is told apart from the text', async () => {
  expect((await bench.run('return NaN')).returned).toEqual({ $placeholder: 'NaN' })
  expect((await bench.run(`return 'NaN'`)).returned).toBe('NaN')
  expect((await bench.run('return new Float64Array([NaN]).map((n) => n)[0]')).returned).toEqual({
    $placeholder: 'NaN',
  })
})

test('a returned -0 is -0, and a BigInt is a text of all its digits', async () => {
  const { head, returned } = await bench.run(
    'return [-0, 0, { a: -0 }, new Number(-0), 7n, -12345678901234567890n, { a: Object(7n) }]',
  )
  expect(head.returned).toBe('[-0,0,{"a":-0},-0,"7","-12345678901234567890",{"a":"7"}]')
  expect(returned).toEqual([-0, 0, { a: -0 }, -0, '7', '-12345678901234567890', { a: '7' }])
})

test('the console writes as in Node', async () => {
  const { logs } = await bench.run(`
    console.log('%s is %d of %i, %j and %o, 100%%', 'x', '1.5', 2.9, { a: 1 }, [1], 'rest')
    console.log('%s', undefined, null); console.log('%x %s', 'only'); console.log('%'); console.log('%d', 5n)
    console.count(); console.count('a'); console.count(); console.countReset(); console.count()
    console.group('outer'); console.log('within'); console.group(); console.log('deeper'); console.groupEnd(); console.groupEnd(); console.groupEnd(); console.log('out')
    console.assert(true, 'no'); console.assert(false, 'yes'); console.assert(false)
    console.time('t'); console.timeEnd('t'); console.timeEnd('t')`)
  expect(logs.map((line) => line.replace(/^t: [\d.]+ ms$/, 't: a time'))).toEqual([
    'x is 1.5 of 2, {"a":1} and [1], 100% rest',
    'undefined null',
    '%x only',
    '%',
    '5',
    'default: 1',
    'a: 1',
    'default: 2',
    'default: 1',
    'outer',
    '  within',
    '    deeper',
    'out',
    'Assertion failed: yes',
    'Assertion failed',
    't: a time',
    'There is no timer "t": console.time("t") starts it.',
  ])
})
