import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { partNames, World, type RunningPart } from './world.ts'

let world: World
beforeAll(async () => {
  world = await World.open()
  writeFileSync(join(world.folder, 'index.html'), '<!doctype html><title>SRE Portal</title>')
})
afterEach(async () => {
  await world.endParts()
  await world.needs('open')
})
afterAll(() => world.close())

const timeout = 120_000
// Ten seconds as documented, and what a busy machine adds.
const boundMs = 15_000

const lastWords = (part: RunningPart) => {
  // Warnings of Node come by another way, and may come later than what was said after them.
  const lines = part
    .said()
    .split('\n')
    .filter((line) => line.startsWith('{'))
  return (JSON.parse(lines.at(-1) ?? '{}') as { msg?: string }).msg
}

/** 0 with nothing cut, or 1 with the words for what was. */
async function expectHonestEnd(part: RunningPart): Promise<void> {
  const end = await part.ended
  expect(end.signal, part.said()).toBe(null)
  // What it said last may come after the news of its end, which goes another way.
  if (end.code === 0) await expect.poll(() => lastWords(part), { message: part.said() }).toBe('stopped')
  else {
    expect(end.code).toBe(1)
    await expect
      .poll(() => lastWords(part), { message: part.said() })
      .toMatch(/^stopped without waiting for: ./)
  }
}

const ways = ['open', 'closed', 'blackhole', 'trickle'] as const

test.each(partNames.flatMap((name) => ways.map((way) => [name, way] as const)))(
  '%s ends after SIGTERM, whatever it needs does (%s)',
  { timeout },
  async (name, way) => {
    const part = await world.up(name)
    await world.needs(way)
    process.kill(part.pid, 'SIGTERM')
    expect(await part.endsWithin(boundMs), part.said()).toBe(true)
    await expectHonestEnd(part)
    if (way === 'open') expect(await part.ended, part.said()).toEqual({ code: 0, signal: null })
  },
)

test.each(partNames.flatMap((name) => (['SIGTERM', 'SIGKILL'] as const).map((by) => [name, by] as const)))(
  '%s ends when its parent is ended by %s, with what it needs away',
  { timeout },
  async (name, by) => {
    const part = await world.up(name)
    await world.needs('closed')
    part.parent.kill(by)
    expect(await part.endsWithin(boundMs), part.said()).toBe(true)
  },
)

test.each(partNames)(
  '%s ends at Ctrl-C of its group, with what it needs frozen',
  { timeout },
  async (name) => {
    const part = await world.up(name, { group: true })
    await world.needs('blackhole')
    process.kill(-(part.parent.pid ?? 0), 'SIGINT')
    expect(await part.endsWithin(boundMs), part.said()).toBe(true)
    await expectHonestEnd(part)
  },
)

test.each(partNames)('%s ends when its parent ends while it is still loading', { timeout }, async (name) => {
  const part = await world.start(name)
  part.parent.kill('SIGKILL')
  expect(await part.endsWithin(boundMs), part.said()).toBe(true)
})

test.each(partNames)('%s ends while it starts and what it needs is frozen', { timeout }, async (name) => {
  await world.needs('blackhole')
  const part = await world.start(name)
  process.kill(part.pid, 'SIGTERM')
  expect(await part.endsWithin(boundMs), part.said()).toBe(true)
})

test.each(partNames)(
  '%s ends although one of its threads does not heed its end',
  { timeout },
  async (name) => {
    // A pipe that nobody writes to: opening it waits in the kernel, as long as the test needs, and heeds nothing.
    const pipe = join(world.folder, `${name}.pipe`)
    execFileSync('mkfifo', [pipe])
    const waits = `require('node:worker_threads').parentPort.postMessage(1); require('node:fs').openSync(${JSON.stringify(pipe)})`
    const preload = join(world.folder, `${name}.waits.mjs`)
    writeFileSync(
      preload,
      `import { once } from 'node:events'
     import { Worker } from 'node:worker_threads'
     const waiting = new Worker(${JSON.stringify(waits)}, { eval: true, execArgv: [] })
     await once(waiting, 'message')
     waiting.unref()`,
    )
    const part = await world.up(name, { preload: pathToFileURL(preload).href })
    process.kill(part.pid, 'SIGTERM')
    expect(await part.endsWithin(boundMs), part.said()).toBe(true)
    expect(await part.ended).toEqual({ code: null, signal: 'SIGKILL' })
    await expect.poll(() => lastWords(part), { message: part.said() }).toBe('stopped')
  },
)
