import { readFileSync } from 'node:fs'
import { platform } from 'node:os'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { plainError } from '@sre-portal/analysis/plainError'
import { defaultExecutionLimits } from '@sre-portal/contracts'
import { isAlive } from '../testing/processTree.ts'
import { SandboxHome } from './home.ts'
import { launchLine, probePlatform } from './launch.ts'
import { residentBytes } from './memoryWatch.ts'
import { SandboxProcess } from './sandboxProcess.ts'
import type { ScriptDatabase } from './scriptDatabase.ts'
import { runScript } from './scriptRun.ts'

const mebibyte = 1024 * 1024
const cap = 220 * mebibyte

const noDatabase = (): ScriptDatabase => ({
  engine: 'postgresql',
  heads: [],
  notices: [],
  accept: () => null,
  describe: (error) => plainError(null, String(error)),
  finish: () => Promise.resolve({ fate: 'executed' }),
  abandon: (error) => Promise.resolve({ fate: 'failed', error, effects: 'none' }),
})

describe.skipIf(platform() !== 'linux')(
  'the watch over a script’s memory (by /proc, so on Linux only)',
  () => {
    let home: SandboxHome
    beforeEach(() => {
      home = new SandboxHome()
    })
    afterEach(() => home.remove())

    /** As where the kernel's limits are missing. */
    const start = () => {
      const reduced = { ...probePlatform({ jitless: true }), level: 'reduced' as const, userId: null }
      return new SandboxProcess(launchLine(reduced, home), cap)
    }
    const run = (source: string, child: SandboxProcess) =>
      runScript(
        { source, params: {}, limits: defaultExecutionLimits },
        child,
        noDatabase(),
        new AbortController().signal,
      )

    test('a script that gathers memory outside of its heap is ended, in words', async () => {
      const child = start()
      const report = await run(
        `const kept = []
       for (;;) {
         kept.push(new Uint8Array(4e6).fill(1))
         await new Promise((resolve) => setTimeout(resolve, 5))
       }`,
        child,
      )
      expect(report.outcome).toEqual({ fate: 'failed', error: report.head.error, effects: 'none' })
      expect(report.head.error).toMatchObject({
        code: 'MEMORY_LIMIT',
        message: 'The script used more memory than it may.',
      })
      expect(await child.closed).toMatchObject({ signal: 'SIGKILL', killed: true, overMemory: true })
      expect(isAlive(child.pid ?? 0)).toBe(false)
    })

    test('a script below the bound goes on', async () => {
      const child = start()
      const report = await run(
        `const kept = new Uint8Array(5e7).fill(1)
       await new Promise((resolve) => setTimeout(resolve, 500))
       return kept.length`,
        child,
      )
      expect([report.outcome.fate, report.head.returned]).toEqual(['executed', '50000000'])
      expect((await child.closed).overMemory).toBe(false)
    })

    test('when memory runs out, the kernel takes the script and not the executor', async () => {
      const child = start()
      await expect.poll(() => readFileSync(`/proc/${child.pid}/oom_score_adj`, 'utf8')).toBe('1000\n')
      child.kill()
      await child.closed
    })

    test('memory is told in bytes, and of nobody who is gone', async () => {
      const status = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
      const told = residentBytes(process.pid) ?? 0
      expect(Math.abs(told - Number(status?.[1]) * 1024)).toBeLessThan(64 * mebibyte)
      expect(residentBytes(2 ** 30)).toBeNull()
    })
  },
)
