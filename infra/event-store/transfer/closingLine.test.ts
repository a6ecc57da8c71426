import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { tombstoneRevision } from '../log/logRecord.ts'
import { difference, formatClosingLine, isClosingLine, parseClosingLine, Tally } from './closingLine.ts'

const tallied = (lines: readonly string[], revisions: readonly (number | bigint)[]): Tally => {
  const tally = new Tally()
  lines.forEach((line) => tally.addLine(line))
  revisions.forEach((revision, n) => tally.addEvent({ position: 100 + n, revision }))
  return tally
}

it('a closing line brings back what it says', () => {
  const tally = tallied(['a', 'ä'], [0, 1, 0n, tombstoneRevision])
  const text = formatClosingLine(tally)
  expect(isClosingLine(text)).toBe(true)
  expect(parseClosingLine(text)).toEqual({
    events: 4,
    streams: 2,
    lastPosition: 103,
    sha256: createHash('sha256').update('a\nä\n').digest('hex'),
  })
  expect(parseClosingLine(formatClosingLine(new Tally()))).toMatchObject({ events: 0, lastPosition: null })
})

it('what is told of a tally does not end it', () => {
  const tally = tallied(['a'], [0])
  tally.closing()
  tally.addLine('b')
  expect(tally.closing()).toEqual(tallied(['a', 'b'], [0]).closing())
})

it('every difference is told in words', () => {
  const found = tallied(['a'], [0]).closing()
  expect(difference(found, found)).toBeUndefined()
  expect(difference({ ...found, events: 2 }, found)).toBe('events: it says 2, the lines hold 1')
  expect(difference({ ...found, events: 2, streams: 0 }, found)).toBe(
    'events: it says 2, the lines hold 1; streams: it says 0, the lines hold 1',
  )
  expect(difference({ ...found, lastPosition: null }, found)).toBe(
    'the last position: it says none, the lines hold 100',
  )
  expect(difference({ ...found, sha256: '0'.repeat(64) }, found)).toContain('SHA-256')
})

it.each([
  '{"closing":',
  '{"closing":{}}',
  '{"closing":{"events":-1,"streams":0,"lastPosition":null,"sha256":""}}',
  `{"closing":{"events":0,"streams":0,"lastPosition":null,"sha256":"${'a'.repeat(64)}"},"more":1}`,
  `{"closing":{"events":1.5,"streams":0,"lastPosition":null,"sha256":"${'a'.repeat(64)}"}}`,
  `{"closing":{"events":0,"streams":0,"lastPosition":null,"sha256":"${'a'.repeat(64)}"}} {}`,
])('%s is none that can be read', (text) => {
  expect(isClosingLine(text)).toBe(true)
  expect(parseClosingLine(text)).toBeUndefined()
})
