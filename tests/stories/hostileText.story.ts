import { makeAccount } from './support/accounts.ts'
import { expect, test } from './support/portal.ts'
import { decision, statusOf, submit, submitAndRun } from './support/requests.ts'
import { unique } from './support/unique.ts'

const attacks = [
  `<img src=x onerror="window.attacked='img'">`,
  `<script>window.attacked='script'</script>`,
  `"><svg onload="window.attacked='svg'">`,
  `{{constructor.constructor("window.attacked='template'")()}}`,
  `<a href="javascript:window.attacked='link'">click</a>`,
]

test('markup in every text that users write or databases answer is shown as text, and none of it runs', async ({
  portal,
}) => {
  const admin = await portal.api('admin')
  const attack = attacks.join(' ')
  const hostile = await makeAccount(admin, 'DEVELOPER', attacks[0] ?? '')
  const [requester, manager] = [await portal.api(hostile), await portal.api('manager')]
  const title = unique(`${attacks[0]} ${attacks[1]}`)
  const quoted = attack.replaceAll("'", "''")
  const query = await submitAndRun(requester, manager, {
    content: `select '${quoted}' as "${attacks[1]?.replaceAll('"', '""').slice(0, 60)}", '{"a": "<img src=x>"}'::jsonb as json`,
    comment: `${title}\n${attack}`,
  })
  const failing = await submitAndRun(requester, manager, {
    content: `select '${quoted}'::int`,
    comment: unique(attacks[2] ?? ''),
  })
  const script = await submitAndRun(requester, manager, {
    content: `console.log(${JSON.stringify(attack)}); return ${JSON.stringify({ [attack]: attack })}`,
    fileName: 'hostile.js',
    comment: unique(attacks[4] ?? ''),
  })

  const page = await portal.open('admin', `/requests/${query.id}`)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title)
  await expect(page).toHaveTitle(new RegExp(escaped(title)))
  await expect(page.getByRole('region', { name: 'Why' })).toContainText(attack)
  await expect(page.getByRole('grid').getByRole('gridcell').first()).toContainText(attacks[0] ?? '')
  await page.getByRole('grid').getByRole('gridcell').first().dblclick()
  await page.goto(`${portal.address}/requests/${query.id}?tab=history`)
  await expect(page.getByRole('region', { name: 'The request after this event' })).toContainText(
    attacks[1] ?? '',
  )
  await page.goto(`${portal.address}/requests/${failing.id}`)
  await expect(statusOf(page)).toHaveText('Failed')
  await expect(page.getByRole('region', { name: 'Result' })).toContainText(
    `invalid input syntax for type integer`,
  )
  await page.goto(`${portal.address}/requests/${script.id}`)
  await expect(page.getByRole('textbox', { name: 'Returned value' })).toContainText('onerror')
  await page.getByRole('tab', { name: /^Console/ }).click()
  await expect(page.getByRole('log')).toContainText(attack)
  for (const path of ['/requests', '/audit', '/users', '/']) {
    await page.goto(portal.address + path)
    await expect(page.getByRole('main')).toContainText(/<img src=x onerror|Hello/)
  }
  const theirs = await portal.open(hostile, '/notifications')
  await expect(theirs.getByRole('main')).toContainText(attacks[0] ?? '')
  for (const each of [page, theirs]) {
    expect(await each.evaluate<unknown>('window.attacked')).toBeUndefined()
    await expect(each.locator('img[src="x"]')).toHaveCount(0)
  }
})

test('a name of one long word stays within its box wherever it is shown, on a desk and on a phone', async ({
  portal,
}) => {
  const admin = await portal.api('admin')
  const word = 'W'.repeat(88)
  const account = await makeAccount(admin, 'DEVELOPER', word)
  const comment = unique('W'.repeat(150))
  const request = await submit(await portal.api(account), { content: 'select 1', comment })
  for (const [person, path] of [
    ['manager', `/requests/${request.id}`],
    ['manager', '/requests'],
    ['manager', '/notifications'],
    ['admin', '/users'],
    ['admin', '/audit'],
    ['admin', `/requests/${request.id}?tab=history`],
  ] as const) {
    const page = await portal.open(person, path)
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 })
      await expect(page.getByText(word.slice(0, 20)).filter({ visible: true }).first()).toBeVisible()
      expect(await page.evaluate(textsThatSpill), `${path} at ${width} pixels`).toEqual([])
    }
    await page.context().close()
  }
  const page = await portal.open('manager', `/requests/${request.id}`)
  await decision(page).getByRole('button', { name: 'Approve and run' }).click()
  await expect(page.getByRole('dialog')).toContainText(word)
  expect(await page.evaluate(textsThatSpill), 'the question before an approval').toEqual([])
})

/** Runs in the page: texts of which a line ends right of the box that they stand in, unless that box cuts or scrolls. */
function textsThatSpill(): string[] {
  const boxes = '.card, aside, section, header, li, main, [role="dialog"], [role="row"]'
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const found: string[] = []
  while (texts.nextNode()) {
    const text = texts.currentNode
    const box = text.parentElement?.closest(boxes)
    if (!box || !text.textContent?.trim()) continue
    let cutAt = Infinity
    for (let at = text.parentElement; at && at !== box.parentElement; at = at.parentElement)
      if (getComputedStyle(at).overflowX !== 'visible')
        cutAt = Math.min(cutAt, at.getBoundingClientRect().right)
    const range = document.createRange()
    range.selectNodeContents(text)
    const right = Math.min(cutAt, range.getBoundingClientRect().right)
    if (right > box.getBoundingClientRect().right + 1) found.push(text.textContent.slice(0, 40))
  }
  return found
}

test('what hides in a cell, a column’s name, the console or an error is marked, and an emoji stays whole', async ({
  portal,
}) => {
  const [requester, manager] = [await portal.api('developer'), await portal.api('manager')]
  const family = '👩\u200d👩\u200d👧'
  const query = await submitAndRun(requester, manager, {
    content: `select '${family} x\u200by' as "a\u200bb"`,
    comment: unique('Hidden in a cell'),
  })
  const script = await submitAndRun(requester, manager, {
    content: `console.log('${family} turn\\u202eed'); throw new Error('zero\\u200bwidth')`,
    fileName: 'hidden.js',
    comment: unique('Hidden in the console'),
  })
  const page = await portal.open('developer', `/requests/${query.id}`)
  const grid = page.getByRole('grid')
  await expect(grid.getByRole('gridcell')).toHaveText(`${family} xU+200By`)
  await expect(grid.getByRole('columnheader')).toHaveText('aU+200Bb text')
  await page.goto(`${portal.address}/requests/${script.id}`)
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('zeroU+200Bwidth')
  await page.getByRole('tab', { name: /^Console/ }).click()
  await expect(page.getByRole('log')).toContainText(`${family} turnU+202Eed`)
})

test('the tab of the statement that failed is in view on a phone', async ({ portal }) => {
  const failing = await submitAndRun(await portal.api('developer'), await portal.api('manager'), {
    content: `${'select 1 as one; '.repeat(8)} select nane from airports`,
    comment: unique('The ninth fails'),
  })
  const page = await portal.open('developer', `/requests/${failing.id}`, {
    viewport: { width: 390, height: 844 },
  })
  const tab = page.getByRole('tab', { name: /^9 / })
  await expect(tab).toHaveAttribute('aria-selected', 'true')
  const reach = await tab.evaluate((element) => {
    const row = element.parentElement?.getBoundingClientRect()
    const own = element.getBoundingClientRect()
    return { left: own.left >= (row?.left ?? 0), right: own.right <= (row?.right ?? 0) + 1 }
  })
  expect(reach).toEqual({ left: true, right: true })
})

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
