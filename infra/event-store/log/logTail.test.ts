import { describe, expect, it } from 'vitest'
import type { LogRecord } from './logRecord.ts'
import { LogTail } from './logTail.ts'

function records(from: number, count: number, bytes = 10): LogRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    position: from + index,
    streamKey: 1,
    streamName: 's',
    revision: index,
    id: Buffer.alloc(16),
    type: 't',
    isJson: true,
    createdMicros: 0,
    data: Buffer.alloc(bytes),
    metadata: Buffer.alloc(0),
  }))
}

const positions = (found: readonly LogRecord[] | undefined) => found?.map(({ position }) => position)

describe('The tail of the log', () => {
  it('gives what follows a position, up to a limit', () => {
    const tail = new LogTail(9)
    tail.push(records(10, 5))
    expect(positions(tail.after(9, 3))).toEqual([10, 11, 12])
    expect(positions(tail.after(12, 10))).toEqual([13, 14])
    expect(tail.after(14, 10)).toEqual([])
    expect(tail.after(99, 10)).toEqual([])
  })

  it('says so when it no longer has everything', () => {
    const tail = new LogTail(9)
    expect(tail.after(5, 10)).toBeUndefined()
    tail.push(records(10, 20_000))
    expect(tail.after(9, 10)).toBeUndefined()
    expect(positions(tail.after(20_007, 10))).toEqual([20_008, 20_009])
  })

  it('is bounded by bytes, and always contiguous', () => {
    const tail = new LogTail(0)
    for (let from = 1; from < 300; from += 10) {
      tail.push(records(from, 10, 200_000))
      const last = tail.lastPosition
      const kept = positions(tail.after(last - 30, 100)) ?? []
      expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => last - kept.length + 1 + index))
    }
    expect(tail.after(200, 100)).toBeUndefined()
  })

  it('wakes its followers until they leave, and forgets everything at a restart', () => {
    const tail = new LogTail(0)
    let woken = 0
    const leave = tail.follow(() => woken++)
    tail.push(records(1, 1))
    tail.restart(5)
    leave()
    tail.push(records(6, 1))
    expect(woken).toBe(2)
    expect(tail.after(0, 10)).toBeUndefined()
    expect(positions(tail.after(5, 10))).toEqual([6])
  })
})
