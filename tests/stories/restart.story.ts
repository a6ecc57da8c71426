import type { Browser, Page } from '@playwright/test'
import { auditListSchema, requestListSchema, sessionSchema } from '@sre-portal/contracts'
import { makeDataFolder, removeDataFolder } from './setup/dataFolder.ts'
import { choosePorts, startStack, type Ports, type Stack } from './setup/stack.ts'
import { createPortal, expect, test, type Portal } from './support/portal.ts'
import { approve, detail, statusOf, submit, submitAndRun } from './support/requests.ts'

interface Own {
  portal: Portal
  /** At the ports of before, but for those that are named. */
  restart: (changed?: Ports) => Promise<void>
  stack: () => Stack
}

test.describe.configure({ timeout: 300_000 })

test('stopped by Ctrl-C and started again, everything is still there, sessions too', async ({ browser }) => {
  await withOwnStack(browser, async ({ portal, stack, restart }) => {
    const [developer, manager] = [await portal.api('developer'), await portal.api('manager')]
    const ran = await submitAndRun(developer, manager, {
      content: 'select count(*) from flights',
      comment: 'Counted before the stop',
    })
    const waiting = await submit(developer, { content: 'select 1', comment: 'Waits over the stop' })
    const audited = await everyEvent(portal)
    const page = await portal.open('developer', `/requests/${ran.id}`)
    await expect(statusOf(page)).toHaveText('Executed')
    await expect(live(page)).toHaveText('Live')

    expect(await stack().stop()).toBe(0)
    await expect(live(page)).toHaveText(/Reconnecting|Offline/)
    await restart()
    await expect(live(page)).toHaveText('Live', { timeout: 60_000 })
    await page.reload()
    await expect(statusOf(page)).toHaveText('Executed')
    await expect(page.getByRole('grid').getByRole('gridcell')).toHaveText(['20000'])
    await page.goto(`${portal.address}/requests`)
    await expect(page.getByRole('row', { name: /Waits over the stop/ })).toContainText('Pending')

    expect(await detail(developer, ran.id)).toEqual({
      ...ran,
      position: expect.stringMatching(/^\d+$/) as unknown,
    })
    await approve(manager, waiting)
    await expect.poll(async () => (await detail(developer, waiting.id)).status).toBe('EXECUTED')
    const { refreshToken } = await portal.session('developer')
    const refreshed = await portal.nobody.call('POST', '/api/auth/refresh', { refreshToken })
    expect(sessionSchema.parse(await refreshed.json()).user.email).toBe('developer@demo.example')
    const eventIds = await everyEvent(portal)
    expect(eventIds.slice(-audited.length), 'the log goes on where it was').toEqual(audited)

    expect(await stack().stop()).toBe(0)
    const { POSTGRES_PORT = '0' } = await choosePorts()
    await restart({ POSTGRES_PORT })
    for (const instance of ['demo-primary', 'demo-replica'] as const) {
      const asked = { content: 'select 1 as one', comment: 'After the database has moved', instance }
      expect(await submitAndRun(developer, manager, asked)).toMatchObject({ status: 'EXECUTED' })
    }
  })
})

test('killed by kill -9 in the middle of everything, no acknowledged command is lost and nothing runs twice', async ({
  browser,
}) => {
  await withOwnStack(browser, async ({ portal, stack, restart }) => {
    const [developer, manager] = [await portal.api('developer'), await portal.api('manager')]
    const running = await submit(developer, {
      content: 'select pg_sleep(20)',
      comment: 'Running at the kill',
    })
    await approve(manager, running)
    await expect.poll(async () => (await detail(developer, running.id)).status).toBe('EXECUTING')
    const last = await submit(developer, {
      content: 'select 1',
      comment: 'Acknowledged just before the kill',
    })
    const accepted = await manager.send('POST', `/api/requests/${last.id}/reject`, {
      reason: 'Rejected just before the kill',
    })
    await stack().kill()

    await restart()
    await expect
      .poll(() => detail(developer, last.id))
      .toMatchObject({
        status: 'REJECTED',
        revision: accepted.revision,
        decision: { reason: 'Rejected just before the kill' },
      })
    const { total } = await developer.get('/api/requests?q=kill', requestListSchema)
    expect(total).toBe(2)
    await expect
      .poll(async () => (await detail(developer, running.id)).status, { timeout: 90_000 })
      .toMatch(/^(UNKNOWN|FAILED)$/)
    const { items } = await (
      await portal.api('admin')
    ).get(`/api/audit?subjectId=${running.id}`, auditListSchema)
    expect(items.filter(({ type }) => type === 'ExecutionStarted').length).toBe(1)

    const page = await portal.open('developer', `/requests/${running.id}`)
    await expect(statusOf(page)).toHaveText(/Unknown|Failed/)
  })
})

const live = (page: Page) => page.getByRole('complementary', { name: 'Side bar' }).getByRole('status')

/** Ids of all events of requests, the newest first. */
async function everyEvent(portal: Portal): Promise<string[]> {
  const admin = await portal.api('admin')
  const { items } = await admin.get('/api/audit?category=request&limit=200', auditListSchema)
  return items.map(({ eventId }) => eventId)
}

/** These stories stop and kill, so they have a stack and a data folder of their own. */
async function withOwnStack(browser: Browser, tell: (own: Own) => Promise<void>): Promise<void> {
  const folder = await makeDataFolder()
  const ports = await choosePorts()
  let stack = await startStack(folder, ports)
  // While the portal is away its pages say so in the console; what this portal has seen is no fault here.
  const portal = createPortal(stack.address, browser)
  try {
    await tell({
      portal,
      stack: () => stack,
      restart: async (changed = {}) => {
        stack = await startStack(folder, { ...ports, ...changed })
      },
    })
  } finally {
    await portal.close()
    await stack.kill()
    await removeDataFolder(folder)
  }
}
