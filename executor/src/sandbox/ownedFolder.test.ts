import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeOwnedFolder, removeLeftFolders } from './ownedFolder.ts'

let place: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'owned-'))
  vi.stubEnv('TMPDIR', place)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(place, { recursive: true })
})

/** Makes folders in a process of its own, which then waits to be killed. */
async function folderOfAnother() {
  const program = join(place, 'program.mts')
  const module = fileURLToPath(new URL('./ownedFolder.ts', import.meta.url))
  writeFileSync(
    program,
    `import { makeOwnedFolder } from ${JSON.stringify(module)}
     console.log(makeOwnedFolder('sandbox'))
     setInterval(() => {}, 1000)`,
  )
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [folder] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { child, folder }
}

test('what a killed process left is removed, not before it is dead', { timeout: 20_000 }, async () => {
  const { child, folder } = await folderOfAnother()
  writeFileSync(join(folder, 'runner.js'), '')
  expect(removeLeftFolders()).toBe(0)
  expect(existsSync(folder)).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(removeLeftFolders()).toBe(1)
  expect(existsSync(folder)).toBe(false)
})

test('the folders of the living, of other hosts, of nobody known, and of others at all, stay', () => {
  const own = makeOwnedFolder('self-test')
  const { host, pid, startedAt } = JSON.parse(readFileSync(join(own, 'owner.json'), 'utf8')) as {
    host: string
    pid: number
    startedAt: string | null
  }
  expect(pid).toBe(process.pid)
  const others = {
    'sre-portal-sandbox-elsewhere': { host: `not-${host}`, pid: 2 ** 30, startedAt },
    'sre-portal-sandbox-nobody': null,
    'sre-portal-journal-x': { host, pid: 2 ** 30, startedAt },
  }
  for (const [name, owner] of Object.entries(others)) {
    mkdirSync(join(place, name))
    if (owner) writeFileSync(join(place, name, 'owner.json'), JSON.stringify(owner))
  }
  expect(removeLeftFolders()).toBe(0)
  expect(readdirSync(place).sort()).toEqual([own.slice(place.length + 1), ...Object.keys(others)].sort())
})

test.skipIf(process.platform !== 'linux')(
  'a process that was given a dead one’s id does not keep its folder (start times are told on Linux)',
  () => {
    const folder = makeOwnedFolder('sandbox')
    const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as object
    rmSync(join(folder, 'owner.json'))
    writeFileSync(join(folder, 'owner.json'), JSON.stringify({ ...owner, startedAt: '1' }))
    expect(removeLeftFolders()).toBe(1)
    expect(readdirSync(place)).toEqual([])
  },
)
