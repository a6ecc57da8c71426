import { describe, expect, it } from 'vitest'
import { cellFace, indentJson, tsvField, wholeValue } from './cellFace.ts'

describe('a PostgreSQL value', () => {
  const face = (cell: string | null, type: string) => cellFace(cell, type, 'postgresql')

  it('is told apart by words when it is NULL, empty or blank', () => {
    expect(face(null, 'text')).toEqual({ kind: 'null', text: 'NULL', spoken: 'no value, NULL' })
    expect(face('', 'text')).toEqual({ kind: 'empty', text: '(empty)', spoken: 'empty text' })
    expect(face('  ', 'text')).toEqual({ kind: 'blank', text: '(2 blanks)', spoken: 'only 2 blanks' })
    expect(face('NULL', 'text')).toEqual({ kind: 'text', text: 'NULL', spoken: 'the text NULL' })
  })

  it('keeps every digit of a number', () => {
    expect(face('9007199254740993', 'int8')).toEqual({ kind: 'number', text: '9007199254740993' })
    expect(face('0.10000000000000000001', 'numeric')).toEqual({
      kind: 'number',
      text: '0.10000000000000000001',
    })
    expect(face('NaN', 'float8')).toEqual({ kind: 'number', text: 'NaN' })
  })

  it('names booleans, binary and JSON', () => {
    expect(face('t', 'bool')).toEqual({ kind: 'boolean', text: 'true' })
    expect(face('f', 'bool')).toEqual({ kind: 'boolean', text: 'false' })
    expect(face('\\x00ff', 'bytea')).toEqual({ kind: 'binary', text: '\\x00ff' })
    expect(face('{"a": 1}', 'jsonb')).toEqual({ kind: 'json', text: '{"a": 1}' })
  })

  it('stays on one line and says where it was cut', () => {
    expect(face('a\nb\tc', 'text').text).toBe('a⏎b⇥c')
    expect(face('x'.repeat(400), 'text').text).toBe(`${'x'.repeat(300)}…`)
  })
})

describe('a MongoDB value', () => {
  const face = (cell: string | null) => cellFace(cell, 'mixed', 'mongodb')

  it('is written as people write it, without losing anything', () => {
    expect(face('{"$numberLong":"9007199254740993"}')).toEqual({ kind: 'number', text: '9007199254740993' })
    expect(face('{"$numberDecimal":"0.10"}')).toEqual({ kind: 'number', text: '0.10' })
    expect(face('{"$oid":"65f0c0ffee"}')).toEqual({ kind: 'text', text: 'ObjectId(65f0c0ffee)' })
    expect(face('{"$date":{"$numberLong":"0"}}')).toEqual({ kind: 'text', text: '1970-01-01T00:00:00.000Z' })
    expect(face('"open"')).toEqual({ kind: 'text', text: 'open' })
    expect(face('{"a":{"$numberInt":"1"}}')).toEqual({ kind: 'json', text: '{"a":{"$numberInt":"1"}}' })
  })

  it('tells a field that is null from one that is not there', () => {
    expect(face('null')).toEqual({ kind: 'null', text: 'null', spoken: 'no value, NULL' })
    expect(face(null)).toEqual({ kind: 'missing', text: '(missing)', spoken: 'no such field' })
    expect(face('""')).toEqual({ kind: 'empty', text: '(empty)', spoken: 'empty text' })
  })
})

it('indents JSON and leaves its numbers and texts alone', () => {
  expect(indentJson('{"id":9007199254740993,"list":[1,"a, {b}"],"none":{},"t":"\\"q\\""}')).toBe(
    '{\n  "id": 9007199254740993,\n  "list": [\n    1,\n    "a, {b}"\n  ],\n  "none": {},\n  "t": "\\"q\\""\n}',
  )
})

it('opens a whole value as JSON only where it is JSON', () => {
  expect(wholeValue('{"a":1}', 'jsonb', 'postgresql')).toEqual({ text: '{\n  "a": 1\n}', isJson: true })
  expect(wholeValue('{"a":1}', 'text', 'postgresql')).toEqual({ text: '{"a":1}', isJson: false })
  expect(wholeValue(null, 'text', 'postgresql')).toEqual({ text: 'NULL', isJson: false })
})

it('copies NULL as an empty field, an empty text as a quoted one, and quotes what would break the table', () => {
  const copied = [null, '', 'a', 'a\tb', 'say "hi"'].map((cell) => tsvField(cell, 'text'))
  expect(copied).toEqual(['', '""', 'a', '"a\tb"', '"say ""hi"""'])
})

it.each([
  ['=1+1', 'text', "'=1+1"],
  ['+1', 'varchar', "'+1"],
  ['-1', 'text', "'-1"],
  ['@SUM(A1)', 'text', "'@SUM(A1)"],
  ['\t=1', 'text', `"'\t=1"`],
  ['\r=1', 'text', `"'\r=1"`],
  ['=HYPERLINK("http://evil.test")', 'text', `"'=HYPERLINK(""http://evil.test"")"`],
  ['＝1+1', 'text', "'＝1+1"],
  ['-17.5', 'numeric', '-17.5'],
  ['-1', 'int4', '-1'],
  ['a=1', 'text', 'a=1'],
])(
  'copies what a spreadsheet would run as a text, and numbers as numbers: %j of type %s',
  (cell, type, field) => expect(tsvField(cell, type)).toBe(field),
)
