import { expect, it } from 'vitest'
import { documentText } from './shellText.ts'

const columnsOf = (...names: string[]) => names.map((name) => ({ name, type: 'mixed' }))

it('writes a document as the shell does, each value with its type', () => {
  const fields = {
    _id: { $oid: '65a1b2c3d4e5f60718293a4b' },
    name: 'Zoë "Z"',
    n: { $numberInt: '5' },
    half: { $numberDouble: '0.5' },
    big: { $numberLong: '9007199254740993' },
    exact: { $numberDecimal: '1.10' },
    at: { $date: { $numberLong: '0' } },
    farAway: { $date: { $numberLong: '99999999999999999' } },
    id: { $binary: { base64: 'ESIzRFVmd4iZqrvM3e7/AA==', subType: '04' } },
    bytes: { $binary: { base64: 'AQI=', subType: '80' } },
    like: { $regularExpression: { pattern: '^a/b', options: 'i' } },
    clock: { $timestamp: { t: 7, i: 1 } },
    least: { $minKey: 1 },
    most: { $maxKey: 1 },
    yes: true,
    nothing: null,
    'two words': [],
    nested: { $weird: 1, list: [{ a: { $numberInt: '1' } }, {}] },
  }
  const cells = Object.values(fields).map((value) => JSON.stringify(value))
  expect(documentText(columnsOf(...Object.keys(fields)), cells)).toBe(`{
  _id: ObjectId("65a1b2c3d4e5f60718293a4b"),
  name: "Zoë \\"Z\\"",
  n: 5,
  half: 0.5,
  big: NumberLong("9007199254740993"),
  exact: NumberDecimal("1.10"),
  at: ISODate("1970-01-01T00:00:00.000Z"),
  farAway: Date(99999999999999999),
  id: UUID("11223344-5566-7788-99aa-bbccddeeff00"),
  bytes: BinData(128, "AQI="),
  like: RegExp("^a/b", "i"),
  clock: Timestamp(7, 1),
  least: MinKey(),
  most: MaxKey(),
  yes: true,
  nothing: null,
  "two words": [],
  nested: {
    $weird: 1,
    list: [
      {
        a: 1
      },
      {}
    ]
  }
}`)
})

it('leaves out what a document has not, and puts the fields beyond the columns back', () => {
  expect(documentText(columnsOf('a', 'b', '…'), ['1', null, '{"c":{"$numberInt":"3"}}'])).toBe(
    '{\n  a: 1,\n  c: 3\n}',
  )
  expect(documentText(columnsOf('a', 'b'), [])).toBe('{}')
})

it('writes a cut value as far as it is stored, and the rest of its document whole', () => {
  expect(documentText(columnsOf('_id', 'text'), ['{"$numberInt":"1"}', '"aaa'], [1])).toBe(
    '{\n  _id: 1,\n  text: "aaa… (cut)\n}',
  )
})
