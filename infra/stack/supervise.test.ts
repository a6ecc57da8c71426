import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { commandLine, isAlive, waitForEnd } from '../processes.ts'
import { supervise, type Backoff, type Supervised } from './supervise.ts'

let folder: string
let running: Supervised | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supervise-'))
})
afterEach(async () => {
  await running?.stop(0)
  await rm(folder, { recursive: true })
})

const quick: Backoff = { firstMs: 10, capMs: 40, healthyAfterMs: 60_000 }

/** Runs a small program under supervision; what it prints and how it ends is noted. */
async function watch(source: string, backoff = quick) {
  const program = join(folder, 'program.mjs')
  await writeFile(program, source)
  const seen = { lines: [] as string[], pids: [] as number[], crashes: [] as [string, number][] }
  running = supervise(
    { name: 'program', args: [program], env: process.env, cwd: folder },
    {
      onLine: (line) => seen.lines.push(line),
      onStart: (pid) => seen.pids.push(pid),
      onCrash: (how, restartInMs) => seen.crashes.push([how, restartInMs]),
    },
    backoff,
  )
  return { ...seen, process: running }
}

const patient = { timeout: 20_000, interval: 5 }
const staying = 'setInterval(() => {}, 1000); console.log("up");'

test('a crashed process is started again, each time after twice the pause, up to the cap', async () => {
  const { crashes, process, pids } = await watch('process.exit(3)')
  await vi.waitFor(() => expect(crashes.length).toBeGreaterThanOrEqual(4), patient)
  await process.stop(1000)
  expect(crashes.slice(0, 4)).toEqual([10, 20, 40, 40].map((ms) => ['ended with exit code 3', ms]))
  expect(process.crashes()).toBe(crashes.length)
  expect(new Set(pids).size).toBe(pids.length)
})

test('a process that ran well for a while begins again with the shortest pause', async () => {
  const { crashes } = await watch('process.exit(0)', { ...quick, healthyAfterMs: 1 })
  await vi.waitFor(() => expect(crashes.length).toBeGreaterThanOrEqual(3), patient)
  expect(crashes.slice(0, 3)).toEqual([10, 10, 10].map((ms) => ['ended with exit code 0', ms]))
})

test('a process that somebody kills is started again', async () => {
  const { lines, pids, crashes } = await watch(staying)
  await vi.waitFor(() => expect(lines).toEqual(['up']), patient)
  process.kill(pids[0]!, 'SIGKILL')
  await vi.waitFor(() => expect(lines).toEqual(['up', 'up']), patient)
  expect(crashes).toEqual([['was killed by SIGKILL', 10]])
  expect(pids).toHaveLength(2)
})

test('stopping lets the process finish what it does, and starts nothing anew', async () => {
  const done = join(folder, 'done')
  const { lines, pids, crashes, process } = await watch(
    `import { writeFileSync } from 'node:fs'
     process.on('SIGTERM', () => setTimeout(() => { writeFileSync(${JSON.stringify(done)}, 'all'); process.exit(0) }, 50))
     ${staying}`,
  )
  await vi.waitFor(() => expect(lines).toEqual(['up']), patient)
  await process.stop(10_000)
  expect(await readFile(done, 'utf8')).toBe('all')
  expect(isAlive(pids[0]!)).toBe(false)
  expect(crashes).toEqual([])
})

test('a process that does not stop in time is killed', async () => {
  const { lines, pids, process } = await watch(`process.on('SIGTERM', () => {}); ${staying}`)
  await vi.waitFor(() => expect(lines).toEqual(['up']), patient)
  await process.stop(50)
  expect(isAlive(pids[0]!)).toBe(false)
})

test('stopping during the pause before a restart ends at once', async () => {
  const { crashes, pids, process } = await watch('process.exit(1)', {
    ...quick,
    firstMs: 600_000,
    capMs: 600_000,
  })
  await vi.waitFor(() => expect(crashes).toHaveLength(1), patient)
  await process.stop(1000)
  expect(pids).toHaveLength(1)
})

test('processes of a stack that was killed stop in order by themselves', async () => {
  const done = join(folder, 'done')
  const service = join(folder, 'service.mjs')
  await writeFile(
    service,
    `import { writeFileSync } from 'node:fs'
     process.on('SIGTERM', () => { writeFileSync(${JSON.stringify(done)}, 'in order'); process.exit(0) })
     ${staying}`,
  )
  const stack = join(folder, 'stack.mjs')
  const stopWithParent = fileURLToPath(new URL('./stopWithParent.mjs', import.meta.url))
  const args = JSON.stringify(['--import', stopWithParent, service])
  await writeFile(
    stack,
    `import { spawn } from 'node:child_process'
     const child = spawn(process.execPath, ${args}, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], detached: true })
     child.stdout.on('data', () => console.log(child.pid))
     setInterval(() => {}, 1000)`,
  )
  const parent = spawn(process.execPath, [stack], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string]
  parent.kill('SIGKILL')
  expect(await waitForEnd(Number(line), 20_000)).toBe(true)
  expect(existsSync(done) && (await readFile(done, 'utf8'))).toBe('in order')
})

test('another program than node is watched too: it stops when the stack is killed', async () => {
  const stack = join(folder, 'stack.mts')
  const module = fileURLToPath(new URL('./supervise.ts', import.meta.url))
  await writeFile(
    stack,
    `import { supervise } from ${JSON.stringify(module)}
     const spec = { name: 'sleep', program: '/bin/sleep', args: ['600'], env: {}, cwd: '/' }
     supervise(spec, { onLine: () => {}, onStart: (pid) => console.log(pid), onCrash: () => {} })`,
  )
  const parent = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), stack], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string]
  expect(commandLine(Number(line))).toContain('sleep 600')
  parent.kill('SIGKILL')
  expect(await waitForEnd(Number(line), 20_000)).toBe(true)
})
