import { makeAccount } from './support/accounts.ts'
import { expect, test } from './support/portal.ts'
import { statusOf, submitAndRun } from './support/requests.ts'
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

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
