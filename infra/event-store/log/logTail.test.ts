import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
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
      for (let at = last - 30; at < last;) {
        const kept = positions(tail.after(at, 100))
        if (!kept) break
        expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => at + 1 + index))
        expect(kept.length).toBeLessThanOrEqual(6)
        at += kept.length
      }
    }
    expect(tail.after(200, 100)).toBeUndefined()
  })

  it('holds no more memory than its bound, whatever the messages were that brought the events', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const held = () => {
      collectGarbage()
      return process.memoryUsage().arrayBuffers
    }
    const before = held()
    const tail = new LogTail(0)
    for (let position = 1; position <= 200; position++) {
      const message = Buffer.alloc(1_000_000)
      const [record] = records(position, 1)
      if (record) tail.push([{ ...record, data: message.subarray(0, position % 2 === 0 ? 900_000 : 10) }])
    }
    const slack = 2_000_000
    // Memory is given back in the background.
    await vi.waitFor(() => expect(held() - before).toBeLessThan(8 * 1024 * 1024 + slack), 5000)
    expect(positions(tail.after(199, 10))).toEqual([200])
  })

  it('gives a single event that is larger than a slice, and forgets one beyond the bound', () => {
    const tail = new LogTail(0)
    tail.push(records(1, 3, 3_000_000))
    expect(positions(tail.after(1, 10))).toEqual([2])
    expect(positions(tail.after(2, 10))).toEqual([3])
    tail.push(records(4, 1, 9_000_000))
    expect(tail.after(3, 10)).toBeUndefined()
    tail.push(records(5, 1))
    expect(positions(tail.after(4, 10))).toEqual([5])
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
