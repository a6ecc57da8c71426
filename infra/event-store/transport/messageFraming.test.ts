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

  it('refuses compressed messages', () => {
    const splitter = new MessageSplitter(10, () => undefined)
    expect(() => splitter.push(Buffer.from([1, 0, 0, 0, 1, 0]))).toThrow(/Compressed/)
  })
})
