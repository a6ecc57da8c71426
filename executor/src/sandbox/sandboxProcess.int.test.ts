import { readdirSync } from 'node:fs'
import { getPriority, platform } from 'node:os'
import { expect, test } from 'vitest'
import { SandboxHome } from './home.ts'
import { launchLine, probePlatform } from './launch.ts'
import { SandboxProcess } from './sandboxProcess.ts'

test.skipIf(platform() !== 'linux')(
  'every thread of a script waits for the processor before the executor does (by /proc, so on Linux only)',
  async () => {
    const home = new SandboxHome()
    const child = new SandboxProcess(launchLine(probePlatform({ jitless: true }), home))
    const pid = child.pid ?? 0
    const threads = () => readdirSync(`/proc/${pid}/task`).map(Number)
    // The shell has one thread, the runtime has several.
    await expect.poll(() => threads().length, { timeout: 30_000 }).toBeGreaterThan(2)
    expect(new Set(threads().map((thread) => getPriority(thread)))).toEqual(
      new Set([Math.min(19, getPriority() + 5)]),
    )
    child.kill()
    await child.closed
    home.remove()
  },
)
