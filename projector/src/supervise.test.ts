import { firstValueFrom, lastValueFrom, take, toArray } from 'rxjs'
import { expect, test, vi } from 'vitest'
import { CheckpointMoved, PoisonEvent } from './failures.ts'
import { supervised } from './supervise.ts'

const poison = new PoisonEvent(
  {
    id: 'id',
    type: 'T',
    revision: 0n,
    streamId: 's',
    position: { commit: 7n, prepare: 7n },
  } as ConstructorParameters<typeof PoisonEvent>[0],
  new Error('unreadable'),
)

const isProgress = (item: unknown) => item !== 'started'

test('work that fails is started again after growing pauses, and the pauses start over after a success', async () => {
  vi.useFakeTimers()
  const pauses: number[] = []
  let attempt = 0
  async function* work() {
    attempt++
    if (attempt === 4) yield 'worked'
    if (attempt === 6) yield 'done'
    throw new Error(`attempt ${attempt}`)
  }
  const values = lastValueFrom(
    supervised(work, isProgress, (_, delayMs) => pauses.push(delayMs)).pipe(take(2), toArray()),
  )
  await vi.runAllTimersAsync()
  expect(await values).toEqual(['worked', 'done'])
  expect(pauses).toEqual([100, 200, 400, 100, 200])
  vi.useRealTimers()
})

test('a start that succeeds shortens no pause: only work that is done does', async () => {
  vi.useFakeTimers()
  const pauses: number[] = []
  async function* work() {
    yield 'started'
    if (pauses.length === 4) yield 'worked'
    throw new Error('lost again')
  }
  const values = lastValueFrom(
    supervised(work, isProgress, (_, delayMs) => pauses.push(delayMs)).pipe(take(8), toArray()),
  )
  await vi.runAllTimersAsync()
  expect(await values).toHaveLength(8)
  expect(pauses).toEqual([100, 200, 400, 800, 100, 200])
  vi.useRealTimers()
})

test('a pause is never longer than five seconds', async () => {
  vi.useFakeTimers()
  const pauses: number[] = []
  async function* work() {
    if (pauses.length === 12) yield 'at last'
    throw new Error('not yet')
  }
  const value = firstValueFrom(supervised(work, isProgress, (_, delayMs) => pauses.push(delayMs)))
  await vi.runAllTimersAsync()
  expect(await value).toBe('at last')
  expect(Math.max(...pauses)).toBe(5000)
  vi.useRealTimers()
})

test('a moved checkpoint is read again at once', async () => {
  const pauses: number[] = []
  async function* work() {
    if (pauses.length < 3) throw new CheckpointMoved()
    yield 'caught up'
  }
  expect(await firstValueFrom(supervised(work, isProgress, (_, delayMs) => pauses.push(delayMs)))).toBe(
    'caught up',
  )
  expect(pauses).toEqual([0, 0, 0])
})

test('a poison event ends the work for good', async () => {
  let attempts = 0
  async function* work() {
    attempts++
    yield 'before'
    throw poison
  }
  await expect(lastValueFrom(supervised(work, isProgress, () => {}))).rejects.toBe(poison)
  expect(attempts).toBe(1)
  expect(poison.message).toContain('position 7, event id')
})

test('the next item is not asked for before the one before is taken, and unsubscribing ends the work', async () => {
  const seen: string[] = []
  let aborted = false
  async function* work(signal: AbortSignal) {
    signal.addEventListener('abort', () => (aborted = true))
    for (let n = 0; ; n++) {
      seen.push(`made ${n}`)
      yield n
    }
  }
  await new Promise<void>((resolve) => {
    const subscription = supervised(work, isProgress, () => {}).subscribe((n) => {
      seen.push(`taken ${n}`)
      if (n < 2) return
      resolve()
      queueMicrotask(() => subscription.unsubscribe())
    })
  })
  await vi.waitFor(() => expect(aborted).toBe(true))
  expect(seen.slice(0, 6)).toEqual(['made 0', 'taken 0', 'made 1', 'taken 1', 'made 2', 'taken 2'])
})
