import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Cell, CutReason } from '@sre-portal/contracts'
import { RowSpool } from './rowSpool.ts'

const spoolOf = (rows: [statement: number, text: string][]) => {
  const spool = new RowSpool({ maxRows: 10_000, maxResultBytes: 1_000_000 })
  for (const [statement, text] of rows) spool.add(statement, [text])
  return spool
}
const hashOf = (...lines: string[]) =>
  createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex')

test('rows that statements bring by turns are counted on, each chunk from where the last one ended', () => {
  const { chunks } = spoolOf([
    [0, 'a'],
    [1, 'x'],
    [0, 'b'],
    [0, 'c'],
    [1, 'y'],
  ]).seal('{}')
  expect(chunks).toEqual([
    { statement: 0, firstRow: 0, rowCount: 1, rows: '["a"]' },
    { statement: 1, firstRow: 0, rowCount: 1, rows: '["x"]' },
    { statement: 0, firstRow: 1, rowCount: 2, rows: '["b"]\n["c"]' },
    { statement: 1, firstRow: 1, rowCount: 1, rows: '["y"]' },
  ])
})

test('the hash is over the rows as they are stored, statement after statement, in whatever order they came', () => {
  const stored = hashOf('["a"]', '["b"]', '["x"]', '{}')
  expect(
    spoolOf([
      [0, 'a'],
      [0, 'b'],
      [1, 'x'],
    ]).seal('{}').sha256,
  ).toBe(stored)
  expect(
    spoolOf([
      [0, 'a'],
      [1, 'x'],
      [0, 'b'],
    ]).seal('{}').sha256,
  ).toBe(stored)
  expect(
    spoolOf([
      [1, 'x'],
      [0, 'a'],
      [0, 'b'],
    ]).seal('{}').sha256,
  ).toBe(stored)
})

test('a result of two forms has the hash of each', () => {
  const spool = spoolOf([
    [0, 'a'],
    [1, 'x'],
    [0, 'b'],
  ])
  expect([spool.seal('1').sha256, spool.seal('2').sha256]).toEqual([
    hashOf('["a"]', '["b"]', '["x"]', '1'),
    hashOf('["a"]', '["b"]', '["x"]', '2'),
  ])
})

test('what was taken out while rows still come is not taken out again, and stays in the result', () => {
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
  expect(spool.seal('{}')).toEqual({ chunks: spool.chunks, sha256: hashOf('["a"]', '["b"]', '["x"]', '{}') })
})

test.each<[Cell[], CutReason, number]>([
  [['x'.repeat(1001)], 'bytes', 10],
  [['x'.repeat(500), null, '😀'.repeat(251)], 'bytes', 10],
  [['"'.repeat(600)], 'bytes', 10],
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
