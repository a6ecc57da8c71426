import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Cell, CutReason } from '@sre-portal/contracts'
import { RowSpool } from './rowSpool.ts'
import { pendingHead } from './statementHead.ts'

const mebibyte = 1024 * 1024
const spoolOf = (rows: [statement: number, text: string][]) => {
  const spool = new RowSpool({ maxRows: 10_000, maxResultBytes: 1_000_000 })
  for (const [statement, text] of rows) spool.add(statement, [text])
  return spool
}
const hashOf = (...lines: string[]) =>
  createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex')

const sha256Of = async (spool: RowSpool, head: string) => (await spool.seal(Buffer.from(head))).sha256

test('rows that statements bring by turns are counted on, each chunk from where the last one ended', () => {
  const chunks = spoolOf([
    [0, 'a'],
    [1, 'x'],
    [0, 'b'],
    [0, 'c'],
    [1, 'y'],
  ]).chunksFrom(0)
  expect(chunks).toEqual([
    { statement: 0, firstRow: 0, rowCount: 1, rows: '["a"]' },
    { statement: 1, firstRow: 0, rowCount: 1, rows: '["x"]' },
    { statement: 0, firstRow: 1, rowCount: 2, rows: '["b"]\n["c"]' },
    { statement: 1, firstRow: 1, rowCount: 1, rows: '["y"]' },
  ])
})

test('the hash is over the rows as they are stored, statement after statement, in whatever order they came', async () => {
  const stored = hashOf('["a"]', '["b"]', '["x"]', '{}')
  expect(
    await sha256Of(
      spoolOf([
        [0, 'a'],
        [0, 'b'],
        [1, 'x'],
      ]),
      '{}',
    ),
  ).toBe(stored)
  expect(
    await sha256Of(
      spoolOf([
        [0, 'a'],
        [1, 'x'],
        [0, 'b'],
      ]),
      '{}',
    ),
  ).toBe(stored)
  expect(
    await sha256Of(
      spoolOf([
        [1, 'x'],
        [0, 'a'],
        [0, 'b'],
      ]),
      '{}',
    ),
  ).toBe(stored)
})

test('a result of two forms has the hash of each', async () => {
  const spool = spoolOf([
    [0, 'a'],
    [1, 'x'],
    [0, 'b'],
  ])
  expect([await sha256Of(spool, '1'), await sha256Of(spool, '2')]).toEqual([
    hashOf('["a"]', '["b"]', '["x"]', '1'),
    hashOf('["a"]', '["b"]', '["x"]', '2'),
  ])
})

/** Turns that others have while a spool is sealed, and its hash. */
async function turnsWhileSealing(spool: RowSpool, head: string) {
  let [turns, isSealed] = [0, false]
  const others = async () => {
    for (; !isSealed; turns++) await setImmediate()
  }
  const [sha256] = await Promise.all([sha256Of(spool, head).finally(() => (isSealed = true)), others()])
  return { turns, sha256 }
}

test('while a long head is hashed others have their turns, and it is hashed as a whole', async () => {
  const head = `${'é'.repeat(mebibyte)}x${'😀'.repeat(mebibyte)}`
  const { turns, sha256 } = await turnsWhileSealing(spoolOf([[0, 'a']]), head)
  expect(sha256).toBe(hashOf('["a"]', head))
  expect(turns).toBeGreaterThanOrEqual(5)
})

test('while rows that came by turns are hashed in their order, others have theirs', async () => {
  const texts = Array.from({ length: 20 }, (_, index) => String(index))
  const spool = spoolOf(texts.map((text, index) => [index % 2, text]))
  const { turns, sha256 } = await turnsWhileSealing(spool, '{}')
  const lines = [0, 1].flatMap((cursor) => texts.filter((_, index) => index % 2 === cursor))
  expect(sha256).toBe(hashOf(...lines.map((text) => `["${text}"]`), '{}'))
  expect(turns).toBeGreaterThanOrEqual(20)
})

test('what was taken out while rows still come is not taken out again, and stays in the result', async () => {
  const spool = spoolOf([[0, 'a']])
  const first = spool.chunksFrom(0)
  spool.add(0, ['b'])
  spool.add(1, ['x'])
  expect([first, spool.chunksFrom(first.length)]).toEqual([
    [{ statement: 0, firstRow: 0, rowCount: 1, rows: '["a"]' }],
    [
      { statement: 0, firstRow: 1, rowCount: 1, rows: '["b"]' },
      { statement: 1, firstRow: 0, rowCount: 1, rows: '["x"]' },
    ],
  ])
  expect(spool.chunksFrom(3)).toEqual([])
  expect(await spool.seal(Buffer.from('{}'))).toEqual({
    chunks: spool.chunks,
    sha256: hashOf('["a"]', '["b"]', '["x"]', '{}'),
  })
})

test.each<[Cell[], CutReason, number]>([
  [Array<Cell>(12).fill('x'.repeat(90)), 'bytes', 10],
  [[null, ...Array<Cell>(26).fill('😀'.repeat(10))], 'bytes', 10],
  [Array<Cell>(11).fill('"'.repeat(50)), 'bytes', 10],
  [['x'.repeat(1001)], 'rows', 1],
])('a row that can not be kept cuts, whatever it is made of (%#)', (cells, cutBy, maxRows) => {
  const spool = new RowSpool({ maxRows, maxResultBytes: 1000 })
  expect([spool.add(0, ['a']), spool.add(0, cells), spool.add(0, ['b'])]).toEqual([true, false, false])
  expect([spool.cutBy, spool.totalRows]).toEqual([cutBy, 1])
})

test('the columns of one statement after the other are held once where they are the same, and never mixed up', () => {
  const spool = new RowSpool({ maxRows: 1, maxResultBytes: 1 })
  const columns = (...names: string[]) => names.map((name) => ({ name, type: 'text' }))
  const [first, same, longer, typed] = [
    columns('a', 'b'),
    columns('a', 'b'),
    columns('a', 'b', 'c'),
    [...columns('a'), { name: 'b', type: 'int4' }],
  ].map((own) => ({ own, held: spool.shared(own) }))
  expect([first, same, longer, typed].map((one) => one?.held)).toEqual(
    [first, same, longer, typed].map((one) => one?.own),
  )
  expect(same?.held).toBe(first?.held)
})

const large = (characters: number) => 'é'.repeat(characters)

function stored(rows: (string | null)[][], maxResultBytes = 10 * mebibyte) {
  const spool = new RowSpool({ maxRows: 10_000, maxResultBytes })
  const kept = rows.map((cells) => spool.add(0, cells))
  const head = pendingHead(0, { text: 'select', offset: null })
  spool.tell(head)
  const cells = spool
    .chunksFrom(0)
    .flatMap(({ rows: lines }) => lines.split('\n').map((line) => JSON.parse(line) as (string | null)[]))
  return { kept, head, cells, cutBy: spool.cutBy }
}

test('a cell that alone is larger than a result may be is stored as its beginning, and what comes after it is stored', () => {
  const { head, cells, cutBy } = stored([
    ['1', 'a'],
    ['2', large(6 * mebibyte)],
    ['3', null],
    ['4', 'd'],
  ])
  expect(cells.map(([id]) => id)).toEqual(['1', '2', '3', '4'])
  expect(cells[1]?.[1]).toBe(large(32 * 1024))
  expect([head.storedRows, head.cutCells, cutBy]).toEqual([
    4,
    [{ row: 1, column: 1, bytes: 12 * mebibyte }],
    null,
  ])
})

test('cells are cut only where they would not fit', () => {
  const rows = Array.from({ length: 5 }, (_, n) => [String(n), large((3 * mebibyte) / 2)])
  const { head, cells } = stored(rows)
  expect(cells.map((cell) => Buffer.byteLength(cell[1] ?? ''))).toEqual([
    ...[3 * mebibyte, 3 * mebibyte, 3 * mebibyte],
    ...[64 * 1024, 64 * 1024],
  ])
  expect(head.cutCells).toEqual([
    { row: 3, column: 1, bytes: 3 * mebibyte },
    { row: 4, column: 1, bytes: 3 * mebibyte },
  ])
})

test('many cells that are large together, and none alone, end the result as before', () => {
  const rows = Array.from({ length: 30 }, (_, n) => [String(n), large(mebibyte / 4)])
  const { head, kept, cutBy } = stored(rows)
  expect([head.cutCells, cutBy, kept.filter(Boolean).length]).toEqual([undefined, 'bytes', 19])
})

test('binary data keeps whole bytes, and several large cells of one row are all told', () => {
  const { cells, head } = stored([[`\\x${'ab'.repeat(8 * mebibyte)}`, 'a', large(8 * mebibyte)]])
  expect(cells[0]?.[0]).toMatch(/^\\x(ab)+$/)
  expect(head.cutCells?.map(({ column, bytes }) => [column, bytes])).toEqual([
    [0, 16 * mebibyte + 2],
    [2, 16 * mebibyte],
  ])
})
