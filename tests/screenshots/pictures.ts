import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, type BrowserContextOptions, type Page } from '@playwright/test'
import { requestListSchema } from '@sre-portal/contracts'
import { writeRequest } from '../stories/support/newRequest.ts'
import type { Person, Portal } from '../stories/support/portal.ts'
import { decision } from '../stories/support/requests.ts'

interface Picture {
  file: string
  as: Person
  path: string
  look?: BrowserContextOptions
  compose: (page: Page) => Promise<unknown>
}

const mostBytes = 250_000
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }

/** Takes all pictures; answers their files. A picture that is too heavy for a README is an error. */
export async function takePictures(portal: Portal, folder: string): Promise<string[]> {
  const admin = await portal.api('admin')
  const idOf = async (title: string) => {
    const { items } = await admin.get(`/api/requests?q=${encodeURIComponent(title)}`, requestListSchema)
    if (!items[0]) throw new Error(`There is no request "${title}".`)
    return items[0].id
  }
  const delays = await idOf('Which airports send their flights off late?')
  const correction = await idOf('Correct the delay of flight 1207')

  const pictures: Picture[] = [
    {
      file: 'requests.png',
      as: 'manager',
      path: '/requests',
      compose: (page) => expect(page.getByRole('row', { name: /Which airports/ })).toBeVisible(),
    },
    {
      file: 'new-request.png',
      as: 'developer',
      path: '/requests/new',
      compose: async (page) => {
        await writeRequest(page, {
          instance: 'demo-replica',
          database: 'demo',
          pod: 'Aviation',
          query: `select origin, count(*) as flights, avg(delay_minutes) as mean_delay
from flights
where scheduled_at >= '2001-03-01'
group by origin
having count(*) > 50
order by mean_delay desc`,
          comment: 'Delays in March by airport\nFor the quarterly report.',
        })
        await page.keyboard.press('Escape')
        await page.getByRole('textbox', { name: 'Comment' }).blur()
      },
    },
    {
      file: 'review.png',
      as: 'manager',
      path: `/requests/${correction}`,
      compose: (page) =>
        expect(decision(page).getByRole('button', { name: 'Approve and run' })).toBeEnabled(),
    },
    {
      file: 'result.png',
      as: 'developer',
      path: `/requests/${delays}`,
      compose: (page) => expect(page.getByRole('grid').getByRole('gridcell').first()).toBeVisible(),
    },
    {
      file: 'replay-dark.png',
      as: 'admin',
      path: `/requests/${delays}?tab=history&step=2`,
      look: { colorScheme: 'dark' },
      compose: (page) => expect(page.getByRole('heading', { name: /approved/i })).toBeVisible(),
    },
    {
      file: 'review-phone.png',
      as: 'manager',
      path: `/requests/${correction}`,
      look: phone,
      compose: (page) => expect(page.getByRole('button', { name: 'Approve and run' }).last()).toBeVisible(),
    },
  ]
  const files: string[] = []
  for (const { file, as, path, look, compose } of pictures) {
    const page = await portal.open(as, path, {
      viewport: { width: 1440, height: 900 },
      locale: 'en-GB',
      timezoneId: 'UTC',
      ...look,
    })
    await compose(page)
    await page.waitForFunction('document.fonts.status === "loaded"')
    const target = join(folder, file)
    await page.screenshot({ path: target, animations: 'disabled', caret: 'hide' })
    const { size } = await stat(target)
    if (size > mostBytes) throw new Error(`${file} has ${size} bytes; ${mostBytes} are the most.`)
    files.push(target)
  }
  return files
}
