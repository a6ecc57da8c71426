import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isAlive, startMark } from '../processes.ts'
import { lockDataDir, placesOfRunningStack } from './lock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

const file = () => join(folder, 'stack.lock')
const told: string[] = []
const take = () => lockDataDir(folder, (text) => told.push(text))
const idle = () => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })

test('a second stack on the same data is refused, with where the first one is', async () => {
  const lock = await take()
  expect(placesOfRunningStack(folder)).toBeNull()
  const places = {
    address: 'http://127.0.0.1:8080',
    postgresPort: 5433,
    eventStoreUrl: 'esdb://127.0.0.1:2113',
  }
  lock.setPlaces(places)
  expect(placesOfRunningStack(folder)).toEqual(places)
  await expect(take()).rejects.toThrow(
    `The portal runs already at http://127.0.0.1:8080 (process ${process.pid}). Stop that one first`,
  )
  lock.release()
  expect(existsSync(file())).toBe(false)
  expect(placesOfRunningStack(folder)).toBeNull()
  ;(await take()).release()
})

test("what a killed stack's processes left is ended first", async () => {
  const child = idle()
  const pid = child.pid!
  await writeFile(
    file(),
    JSON.stringify({ owner: { pid: 2 ** 22 + 1 }, address: '', children: [{ pid, mark: startMark(pid) }] }),
  )
  const exit = once(child, 'exit')
  const lock = await take()
  expect(await exit).toEqual([null, 'SIGTERM'])
  expect(told).toContain('Ending 1 process(es) that an earlier run left behind')
  lock.release()
})

test('a process that was given the id of a dead one is left alone', async () => {
  const child = idle()
  const reused = { pid: child.pid!, mark: 'of another time' }
  await writeFile(file(), JSON.stringify({ owner: reused, address: '', children: [reused] }))
  const lock = await take()
  expect(isAlive(child.pid!)).toBe(true)
  lock.release()
  child.kill()
})

test('a lock file that a power cut broke does not block', async () => {
  await writeFile(file(), '{"owner":')
  const lock = await take()
  lock.addChild(process.pid)
  const content: unknown = JSON.parse(await readFile(file(), 'utf8'))
  const me = { pid: process.pid, mark: startMark(process.pid) }
  expect(content).toEqual({ owner: me, address: '', children: [me] })
  lock.release()
})
