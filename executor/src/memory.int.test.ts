import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ExecutorProcess } from '@sre-portal/tests/faults/executorProcess.ts'
import { TestPortal, type TestRequest } from './testing/portal.ts'

const maxGrowthKibibytes = 150 * 1024
const million = 1_000_000
const ended = new Set(['EXECUTED', 'FAILED', 'UNKNOWN'])

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
      const limits = { timeMs: 90_000, ...request.limits }
      const requestId = await portal.approved({ ...request, limits })
      await vi.waitFor(
        async () => {
          if (!ended.has((await portal.request(requestId)).status)) throw new Error('It still runs.')
        },
        { timeout: limits.timeMs, interval: 50 },
      )
      return { requestId, ...(await portal.request(requestId)) }
    }

    /** How the executor's memory grew meanwhile, in kibibytes. */
    async function watched(request: TestRequest) {
      const idle = kibibytes('VmRSS')
      let peak = idle
      const sampling = setInterval(() => (peak = Math.max(peak, kibibytes('VmRSS'))), 10)
      const ran = await run(request)
      clearInterval(sampling)
      return { ...ran, peak, idle }
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
      [
        'errors of 20 MB that a script catches',
        {
          kind: 'script',
          content: `
            let length = 0
            for (let n = 0; n < 13; n++)
              await db.transaction((tx) => tx.query("do $$ begin raise exception '%', repeat('x', 20000000); end $$"))
                .catch((error) => (length += error.message.length))
            return length`,
        },
      ],
    ])('%s does not grow it by 150 MB', { timeout: 120_000 }, async (_, request) => {
      const { status, execution, peak, idle } = await watched(request)
      expect([status, execution?.error]).toEqual(['EXECUTED', null])
      expect(peak - idle).toBeLessThan(maxGrowthKibibytes)
    })

    test(
      '5,000 statements of 1,600 columns do not either, and are stored once, cut in words',
      { timeout: 300_000 },
      async () => {
        const content = `
          const names = Array.from({ length: 1600 }, (_, n) => 'c'.repeat(56) + String(n).padStart(4, '0'))
          await db.query('create temp table columns (' + names.map((name) => name + ' int').join(',') + ')')
          for (let n = 0; n < 5000; n++) await db.query('select * from columns')`
        const { peak, idle, requestId } = await watched({
          kind: 'script',
          content,
          limits: { maxStatements: 5001, timeMs: 240_000 },
        })
        expect(await portal.request(requestId)).toMatchObject({ status: 'EXECUTED' })
        const events = await portal.events(requestId)
        expect(events.filter(({ type }) => type === 'StatementExecuted')).toHaveLength(5001)
        expect(events.at(-1)).toMatchObject({ type: 'RequestExecuted', data: { recovered: false } })
        const head = await portal.result(requestId)
        expect(JSON.stringify(head).length).toBeLessThan(20 * 1024 * 1024)
        expect(head?.statements).toHaveLength(5001)
        const whole = head?.statements.filter(({ columns }) => columns.length === 1600) ?? []
        expect(whole.length).toBeGreaterThan(50)
        expect(head?.statements.at(-1)).toMatchObject({ outcome: 'executed', columns: [], rowCount: 0 })
        expect(head?.notices.at(-1)).toContain('kept up to')
        const { rows } = await portal.admin.query('select 1 from record.results where request_id = $1', [
          requestId,
        ])
        expect(rows).toHaveLength(1)
        expect(peak - idle).toBeLessThan(maxGrowthKibibytes)
      },
    )
  },
)
