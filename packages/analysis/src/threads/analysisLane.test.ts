import { constants, getPriority } from 'node:os'
import { expect, test, vi } from 'vitest'
import { AnalysisLane } from './analysisLane.ts'

// A thread that is given up has had its processor time; a busy machine takes long to give it.
vi.setConfig({ testTimeout: 60_000 })

/** What a thread of these tests does with a text. Its number says which thread answered. */
const code = (numberOf: number) => `
  const priority = require('node:os').getPriority(0)
  const { parentPort } = require('node:worker_threads')
  const hold = []
  const turns = {
    memory() { for (;;) hold.push(Array.from({ length: 1000 }, (_, index) => ({ index }))) },
    buffers() { for (;;) hold.push('x'.repeat(100_000).split('')) },
    time() { for (;;); },
    // It gets no processor: neither for the text, nor to notice its end.
    starved() { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) },
    // Half of what a text may take, and then no processor.
    half() {
      const began = process.hrtime.bigint()
      while (process.hrtime.bigint() - began < 100_000_000n);
      turns.starved()
    },
    end() { process.exit(7) },
    throw() { setTimeout(() => { throw new TypeError('on purpose') }) },
    fault() { parentPort.postMessage({ fault: 'TypeError: on purpose' }) },
    depth() { parentPort.postMessage({ fault: 'depth' }) },
    large() { parentPort.postMessage({ answer: ${numberOf}, heldBytes: 1e9 }) },
    priority() { parentPort.postMessage({ answer: priority, heldBytes: 0 }) },
    plain() { parentPort.postMessage({ answer: ${numberOf}, heldBytes: 0 }) },
  }
  parentPort.on('message', ({ content }) => turns[content]())
  parentPort.postMessage({ threadId: require('node:fs').readlinkSync('/proc/thread-self').split('/').at(-1) })`

interface LaneOptions {
  isBackground?: boolean
  failures?: number
  patienceMs?: number
}

function lane(options: LaneOptions = {}) {
  const made = newLane(options)
  return (content: string) => made.analyse({ content, database: null, engine: null })
}

function newLane({ isBackground = true, failures = 0, patienceMs = 20_000 }: LaneOptions) {
  let threads = 0
  return new AnalysisLane(
    () =>
      threads < failures
        ? Promise.reject(new Error(`failure ${++threads}`))
        : Promise.resolve(code(++threads)),
    { isBackground, patienceMs },
  )
}

test.each([
  ['memory', { givenUp: 'memory' }],
  ['buffers', { givenUp: 'memory' }],
  ['time', { givenUp: 'time' }],
  ['depth', { givenUp: 'depth' }],
  ['end', { failed: new Error('The thread that reads texts has ended.') }],
  ['throw', { failed: new TypeError('on purpose') }],
  ['fault', { failed: new Error('TypeError: on purpose') }],
])(
  'a thread that ends with a text (%s) is replaced, and texts that wait behind it and beside it are answered',
  async (bad, outcome) => {
    const [analyse, beside] = [lane(), lane({ isBackground: false })]
    const before = analyse('plain')
    const [ended, ...after] = [bad, 'plain', 'plain'].map(analyse)
    let besideDone = 0
    for (let n = 0; n < 20; n++) if ('answer' in (await beside('plain'))) besideDone++
    expect(await before).toEqual({ answer: 1 })
    expect(await ended).toEqual(outcome)
    expect(await Promise.all(after)).toEqual([{ answer: 2 }, { answer: 2 }])
    expect(await analyse('plain')).toEqual({ answer: 2 })
    expect(besideDone).toBe(20)
  },
)

test('a thread that has become large answers, and is replaced', async () => {
  const analyse = lane()
  expect(await analyse('large')).toEqual({ answer: 1 })
  expect(await analyse('plain')).toEqual({ answer: 2 })
})

test('one bad text after the other costs each of them, and no other', async () => {
  const analyse = lane()
  const texts = ['memory', 'plain', 'end', 'plain', 'throw', 'plain', 'time', 'plain']
  const outcomes = await Promise.all(texts.map(analyse))
  expect(outcomes.filter((_, index) => index % 2 === 1)).toEqual([2, 3, 4, 5].map((answer) => ({ answer })))
})

test('where no thread can be had, every text is told so, and the next one tries again', async () => {
  const analyse = lane({ failures: 1 })
  expect(await Promise.all(['plain', 'plain'].map(analyse))).toEqual(
    Array.from({ length: 2 }, () => ({ failed: new Error('failure 1') })),
  )
  expect(await analyse('plain')).toEqual({ answer: 2 })
})

test('more texts than may wait are refused', async () => {
  const analyse = lane()
  const outcomes = await Promise.all(Array.from({ length: 210 }, () => analyse('plain')))
  expect(outcomes.filter((outcome) => 'answer' in outcome)).toHaveLength(200)
  expect(outcomes.filter((outcome) => 'givenUp' in outcome)).toEqual(
    Array.from({ length: 10 }, () => ({ givenUp: 'busy' })),
  )
})

test('a thread for long texts has a lower priority before it loads anything, one for short texts has that of its process', async () => {
  const [analyse, beside] = [lane(), lane({ isBackground: false })]
  const own = getPriority(0)
  const lower = Math.min(constants.priority.PRIORITY_LOW, own + 10)
  // Elsewhere threads have no priorities of their own.
  expect(await analyse('priority')).toEqual({ answer: process.platform === 'linux' ? lower : own })
  expect(await beside('priority')).toEqual({ answer: own })
})

test('long texts hold half of a core at most: behind one the next waits for as long as that took', async () => {
  const analyse = lane()
  const first = analyse('time').then((outcome) => ({ outcome, atMs: performance.now() }))
  const second = analyse('plain').then((outcome) => ({ outcome, atMs: performance.now() }))
  const [ended, next] = await Promise.all([first, second])
  expect([ended.outcome, next.outcome]).toEqual([{ givenUp: 'time' }, { answer: 2 }])
  // A timer may be a millisecond early.
  expect(next.atMs - ended.atMs).toBeGreaterThanOrEqual(499)
})

test.each(['starved', 'half'])(
  'a text whose thread gets no processor (%s) is not called complex, and the next one is answered',
  async (content) => {
    const analyse = lane({ patienceMs: 1_500 })
    const [starved, next] = [analyse(content), analyse('plain')]
    expect(await starved).toEqual({ givenUp: 'starved' })
    expect([{ answer: 2 }, { givenUp: 'busy' }]).toContainEqual(await next)
    expect(await analyse('plain')).toEqual({ answer: 2 })
  },
)

test('a text that computes for all of its time is called complex', async () => {
  expect(await lane()('time')).toEqual({ givenUp: 'time' })
})

test('a text that waits too long for those before it is told so, and nothing is said about it', async () => {
  const analyse = lane({ patienceMs: 100 })
  const outcomes = await Promise.all(['starved', 'plain', 'plain'].map(analyse))
  expect(outcomes.slice(1)).toEqual([{ givenUp: 'busy' }, { givenUp: 'busy' }])
})

test('a lane that is closed ends its thread, and refuses what waits and what comes', async () => {
  const closed = newLane({})
  const analyse = (content: string) => closed.analyse({ content, database: null, engine: null })
  expect(await analyse('plain')).toEqual({ answer: 1 })
  const waiting = ['time', 'plain'].map(analyse)
  await closed.close()
  expect(await Promise.all([...waiting, analyse('plain')])).toEqual(
    Array.from({ length: 3 }, () => ({ givenUp: 'busy' })),
  )
})
