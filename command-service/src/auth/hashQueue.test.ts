import { describe, expect, it } from 'vitest'
import { Throttled } from '@sre-portal/platform/http/problem'
import { createHashQueue } from './hashQueue.ts'

/** Work that goes on until it is let go. */
function heldWork(mostAtOnce = 4) {
  const queue = createHashQueue(mostAtOnce)
  const running: { address: string; finish: () => void }[] = []
  const refused: string[] = []
  const ask = (address: string) =>
    queue
      .run(address, () => new Promise<void>((finish) => running.push({ address, finish })))
      .catch((error: unknown) => {
        if (!(error instanceof Throttled)) throw error
        refused.push(address)
      })
  const atWork = () => running.map(({ address }) => address)
  const finishOne = async () => {
    running.shift()?.finish()
    await new Promise(setImmediate)
  }
  return { ask, atWork, refused, finishOne }
}
const settled = () => new Promise(setImmediate)

describe('hashing', () => {
  it('is done four at once, two for an address', async () => {
    const { ask, atWork } = heldWork()
    for (const address of ['a', 'a', 'a', 'b', 'c', 'd']) void ask(address)
    await settled()
    expect(atWork()).toEqual(['a', 'a', 'b', 'c'])
  })

  it('goes on with whoever waits and has room, in turn', async () => {
    const { ask, atWork, finishOne } = heldWork()
    for (const address of ['a', 'b', 'c', 'd', 'a', 'a', 'b']) void ask(address)
    await settled()
    await finishOne()
    expect(atWork()).toEqual(['b', 'c', 'd', 'a'])
    await finishOne()
    expect(atWork()).toEqual(['c', 'd', 'a', 'a'])
  })

  it('refuses those who would wait behind too many of their own address, while others still come in', async () => {
    const { ask, atWork, refused } = heldWork()
    for (let call = 0; call < 200; call++) void ask('flood')
    void ask('somebody')
    await settled()
    expect(atWork()).toEqual(['flood', 'flood', 'somebody'])
    expect(refused).toHaveLength(190)
  })

  it('keeps a bounded queue whoever asks', async () => {
    const { ask, atWork, refused } = heldWork()
    for (let call = 0; call < 100; call++) void ask(`address ${call}`)
    await settled()
    expect(atWork()).toHaveLength(4)
    expect(refused).toHaveLength(80)
  })

  it('leaves a core to the rest of the service, where there are few', async () => {
    const { ask, atWork, finishOne } = heldWork(1)
    for (const address of ['a', 'a', 'b']) void ask(address)
    await settled()
    expect(atWork()).toEqual(['a'])
    await finishOne()
    expect(atWork()).toEqual(['a'])
  })

  it('says before anything else whether there is room', () => {
    const queue = createHashQueue(1)
    const hold = (address: string) => void queue.run(address, () => new Promise(() => undefined))
    for (let call = 0; call < 9; call++) hold('flood')
    expect(() => queue.ensureRoom('flood')).toThrow(Throttled)
    expect(() => queue.ensureRoom('somebody')).not.toThrow()
    for (let call = 0; call < 8; call++) hold(`address ${call}`)
    expect(() => queue.ensureRoom('somebody')).toThrow(Throttled)
  })

  it('makes room again after work that failed', async () => {
    const queue = createHashQueue()
    for (let call = 0; call < 30; call++)
      await expect(queue.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await queue.run('a', () => Promise.resolve('done'))).toBe('done')
  })
})
