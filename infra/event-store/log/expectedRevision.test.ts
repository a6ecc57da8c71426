import { describe, expect, it } from 'vitest'
import {
  judgeComparison,
  judgeExpectedRevision,
  judgeKnownIds,
  type ExpectedRevision,
} from './expectedRevision.ts'
import { tombstoneRevision } from './logRecord.ts'
import { absentStream } from './streamDirectory.ts'

function situation(
  lastRevision: number,
  flags: { softDeleted?: boolean; metadata?: boolean; ownerGone?: boolean } = {},
) {
  return {
    stream: { ...absentStream('x'), lastRevision },
    isSoftDeleted: flags.softDeleted ?? false,
    hasMetadata: flags.metadata ?? false,
    isOwnerTombstoned: flags.ownerGone ?? false,
  }
}

describe('The expected revision', () => {
  const cases: [string, ReturnType<typeof situation>, ExpectedRevision, number, string][] = [
    ['any on a new stream', situation(-1), 'any', 1, 'write'],
    ['any on a stream with events', situation(4), 'any', 1, 'writeUnlessKnown'],
    ['any with nothing to write', situation(4), 'any', 0, 'nothingToWrite'],
    ['no stream where there is none', situation(-1), 'noStream', 1, 'write'],
    ['no stream where there is one', situation(4), 'noStream', 1, 'compare'],
    ['the exact revision', situation(4), 4n, 1, 'write'],
    ['the exact revision, nothing to write', situation(4), 4n, 0, 'nothingToWrite'],
    ['an older revision', situation(4), 2n, 1, 'compare'],
    ['an older revision, nothing to write', situation(4), 2n, 0, 'wrongVersion'],
    ['a revision ahead', situation(4), 5n, 1, 'wrongVersion'],
    ['the largest revision', situation(4), 2n ** 63n - 1n, 1, 'wrongVersion'],
    ['an existing stream', situation(0), 'streamExists', 1, 'writeUnlessKnown'],
    ['an existing stream, none there', situation(-1), 'streamExists', 1, 'wrongVersion'],
    ['an existing stream, only metadata', situation(-1, { metadata: true }), 'streamExists', 1, 'write'],
    ['an existing stream, deleted', situation(3, { softDeleted: true }), 'streamExists', 1, 'streamDeleted'],
    ['any, deleted', situation(3, { softDeleted: true }), 'any', 1, 'writeUnlessKnown'],
    ['anything on a tombstone', situation(tombstoneRevision), 'any', 1, 'streamDeleted'],
    ['the metadata of a tombstone', situation(0, { ownerGone: true }), 'any', 1, 'streamDeleted'],
  ]

  it.each(cases)('%s', (_, given, expected, count, verdict) => {
    expect(judgeExpectedRevision(given, expected, count).kind).toBe(verdict)
  })
})

const id = (n: number) => Buffer.alloc(16, n)
const stored = (...numbers: number[]) =>
  numbers.map((n, index) => ({ id: id(n), revision: index, position: 100 + index }))

describe('A repetition', () => {
  it('by known ids: the first decides, then all have to be there', () => {
    expect(judgeKnownIds([id(9), id(1)], stored(1, 2))).toEqual({ kind: 'write' })
    expect(judgeKnownIds([id(2), id(1)], stored(1, 2))).toEqual({ kind: 'repeated', last: stored(1, 2)[0] })
    expect(judgeKnownIds([id(1), id(9)], stored(1, 2))).toEqual({ kind: 'wrongVersion' })
  })

  it('at an exact revision: every event has to be the same, in order', () => {
    expect(judgeComparison([id(1), id(2)], stored(1, 2, 3), 'noStream', false)).toEqual({
      kind: 'repeated',
      last: stored(1, 2)[1],
    })
    expect(judgeComparison([id(1), id(3)], stored(1, 2, 3), 'noStream', false)).toEqual({
      kind: 'wrongVersion',
    })
    expect(judgeComparison([id(1), id(2)], stored(1), 'noStream', false)).toEqual({ kind: 'wrongVersion' })
    expect(judgeComparison([id(9)], stored(1), 'noStream', false)).toEqual({ kind: 'wrongVersion' })
    expect(judgeComparison([id(9)], stored(1), 'noStream', true)).toEqual({ kind: 'write' })
    expect(judgeComparison([id(9)], stored(1), 0n, true)).toEqual({ kind: 'wrongVersion' })
  })
})
