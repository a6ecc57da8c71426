import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ExecutorProcess } from '@sre-portal/tests/faults/executorProcess.ts'
import { TestPortal, type TestRequest } from './testing/portal.ts'

const maxGrowthKibibytes = 150 * 1024
const million = 1_000_000
const ended = new Set(['EXECUTED', 'FAILED', 'UNKNOWN'])
const patience = { timeout: 90_000, interval: 50 }

describe.skipIf(process.platform !== 'linux')(
  'memory of a real executor (read from /proc, so on Linux only)',
  () => {
    let portal: TestPortal
    let executor: ExecutorProcess
    beforeAll(async () => {
      portal = await TestPortal.open()
      await portal.target.query('create unlogged table wide (n int)')
      executor = ExecutorProcess.start(portal, { environment: { EXECUTOR_LEASE_MS: '10000' } })
      await executor.ready
      await run({ content: 'select 1' })
      await run({ kind: 'script', content: 'return 1' })
    })
    afterAll(async () => {
      await executor.kill()
      await portal.close()
    })

    async function run(request: TestRequest) {
      const requestId = await portal.approved({ ...request, limits: { timeMs: 90_000 } })
      await vi.waitFor(async () => {
        if (!ended.has((await portal.request(requestId)).status)) throw new Error('It still runs.')
      }, patience)
      return portal.request(requestId)
    }

    const kibibytes = (name: string) =>
      Number(
        new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(
          readFileSync(`/proc/${executor.pid}/status`, 'utf8'),
        )?.[1],
      )

    test.each<[string, TestRequest]>([
      [
        'a result of 1 GB that is cut and counted',
        { content: `select repeat('x', 1000) from generate_series(1, ${million})` },
      ],
      [
        'a result of 1 GB that is read to its end and dropped',
        {
          content: `insert into wide select g from generate_series(1, ${million}) g returning repeat('x', 1000)`,
        },
      ],
      [
        '100 MB in answers to a script',
        {
          kind: 'script',
          content: `for (let n = 0; n < 30; n++) await db.query("select repeat('x', 1000) from generate_series(1, 3500)"); return 'read'`,
        },
      ],
    ])('%s does not grow it by 150 MB', { timeout: 120_000 }, async (_, request) => {
      const idle = kibibytes('VmRSS')
      let peak = idle
      const sampling = setInterval(() => (peak = Math.max(peak, kibibytes('VmRSS'))), 10)
      const { status, execution } = await run(request)
      clearInterval(sampling)
      expect([status, execution?.error]).toEqual(['EXECUTED', null])
      expect(peak - idle).toBeLessThan(maxGrowthKibibytes)
    })
  },
)
