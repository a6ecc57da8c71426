import { BSON } from 'mongodb'
import { expect, test } from 'vitest'
import { KeptBytes } from '../results/keptBytes.ts'
import { DocumentRows } from './documentRows.ts'

const wide = (fields: number, length: number) =>
  Object.fromEntries(Array.from({ length: fields }, (_, at) => [`${at}`.padStart(length, 'f'), at]))

const one = '{"$numberInt":"1"}'

test('columns are the fields in the order in which they are seen', () => {
  const rows = new DocumentRows(new KeptBytes())
  expect(rows.toRow({ b: 1, a: null })).toEqual([one, 'null'])
  expect(rows.toRow({ a: 'x', c: true })).toEqual([null, '"x"', 'true'])
  expect(rows.toRow(1)).toEqual([null, null, null, one])
  expect(rows.columns).toEqual([
    { name: 'b', type: 'int' },
    { name: 'a', type: 'string' },
    { name: 'c', type: 'bool' },
    { name: 'value', type: 'int' },
  ])
})

test('fields beyond what the run may keep stand together in one column, and none is lost', () => {
  const kept = new KeptBytes(1000)
  const rows = new DocumentRows(kept)
  const document = wide(50, 40)
  const cells = rows.toRow(document)
  expect(JSON.stringify(rows.columns).length).toBeLessThan(1100)
  expect(rows.columns.at(-1)?.name).toBe('…')
  const whole: [string, unknown][] = rows.columns.flatMap(({ name }, at) => {
    const value = BSON.EJSON.parse(String(cells[at])) as unknown
    return name === '…' ? Object.entries(value as object) : ([[name, value]] as [string, unknown][])
  })
  expect(whole).toEqual(Object.entries(document))
})

test('a field that is called like the column of the rest, or __proto__, is not lost', () => {
  const rows = new DocumentRows(new KeptBytes(25))
  const cells = rows.toRow({ z: 1, ['…']: 2, ['__proto__']: 3 })
  expect(rows.columns.map(({ name }) => name)).toEqual(['z', '…'])
  expect(cells).toEqual([one, '{"…":{"$numberInt":"2"},"__proto__":{"$numberInt":"3"}}'])
})

test('a run that keeps no more is told so once a statement', () => {
  const kept = new KeptBytes(0)
  for (let statement = 0; statement < 3; statement++) {
    const rows = new DocumentRows(kept)
    for (let count = 0; count < 10; count++) rows.toRow(wide(10, 5))
    expect(rows.columns).toEqual([{ name: '…', type: 'object' }])
  }
  expect(kept.leftOut).toContain(
    'columns for some fields of 3 statements, which stand together in one column',
  )
})

test('names that are too many or too long stand in the last column', () => {
  const rows = new DocumentRows(new KeptBytes())
  rows.toRow(wide(300, 4))
  rows.toRow({ ['x'.repeat(501)]: 1 })
  expect(rows.columns).toHaveLength(201)
  expect(rows.columns[200]?.name).toBe('…')
})
