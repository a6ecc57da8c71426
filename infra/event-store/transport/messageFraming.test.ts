import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frameMessage, MessageSplitter } from './messageFraming.ts'

const message = fc.uint8Array({ maxLength: 50 }).map((content) => Buffer.from(content))

describe('Splitting a byte stream into messages', () => {
  it('does not depend on where the chunks are cut', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 10 }),
        fc.array(fc.integer({ min: 1, max: 20 })),
        (messages, cuts) => {
          const received: string[] = []
          const splitter = new MessageSplitter(1000, (found) => received.push(found.toString('hex')))
          let bytes = Buffer.concat(messages.map(frameMessage))
          for (const cut of cuts) {
            splitter.push(bytes.subarray(0, cut))
            bytes = bytes.subarray(cut)
          }
          splitter.push(bytes)
          expect(received).toEqual(messages.map((sent) => sent.toString('hex')))
        },
      ),
    )
  })

  it('refuses a message over the limit before it has arrived', () => {
    const splitter = new MessageSplitter(10, () => undefined)
    expect(() => splitter.push(Buffer.from([0, 0, 0, 0, 11]))).toThrow(/larger than max/)
  })

  it('drops a message over the limit when it may, hands over its beginning, and goes on behind it', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.uint8Array({ minLength: 1, maxLength: 40 }).map((content) => Buffer.from(content)),
          { minLength: 1, maxLength: 10 },
        ),
        fc.array(fc.integer({ min: 1, max: 30 })),
        (messages, cuts) => {
          const received: string[] = []
          const splitter = new MessageSplitter(
            20,
            (found) => received.push(found.toString('hex')),
            (head) => received.push(`too large ${head.toString('hex')}`),
          )
          let bytes = Buffer.concat(messages.map(frameMessage))
          for (const cut of [...cuts, bytes.length]) {
            splitter.push(bytes.subarray(0, cut))
            bytes = bytes.subarray(cut)
          }
          expect(received).toEqual(
            messages.map((sent) => `${sent.length > 20 ? 'too large ' : ''}${sent.toString('hex')}`),
          )
        },
      ),
    )
  })

  it('keeps only the beginning of a message that it drops', () => {
    const heads: Buffer[] = []
    const splitter = new MessageSplitter(
      10,
      () => undefined,
      (head) => heads.push(head),
    )
    splitter.push(frameMessage(Buffer.alloc(100_000)))
    expect(heads.map(({ length }) => length)).toEqual([16 * 1024])
  })

  it('refuses compressed messages', () => {
    const splitter = new MessageSplitter(10, () => undefined)
    expect(() => splitter.push(Buffer.from([1, 0, 0, 0, 1, 0]))).toThrow(/Compressed/)
  })
})
