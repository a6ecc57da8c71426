import { demoPassword } from '@sre-portal/infra/demo/accounts.ts'
import { createApi, signIn, type Api } from '../support/api.ts'
import { makeAccount } from '../support/accounts.ts'
import { credentialsOf, sessionKey } from '../support/portal.ts'
import { approve, finished, submit, submitAndRun } from '../support/requests.ts'
import { unique } from '../support/unique.ts'
import { keys } from './engine.ts'
import { the, type Person } from './person.ts'

export interface Check {
  name: string
  play: (person: Person) => Promise<void>
}

const desk = [1440, 900] as const
const phone = [390, 844] as const
const grid = (label: string) => `document.querySelector('[role="grid"][aria-label="${label}"]')`

function holds(what: string, found: unknown): void {
  if (found !== true) throw new Error(`${what} does not hold; found: ${JSON.stringify(found)}`)
}

async function apiOf(person: Person, who: Parameters<typeof credentialsOf>[0]): Promise<Api> {
  const { accessToken } = await signIn(person.address, credentialsOf(who))
  return createApi(person.address, accessToken)
}

/** Signs in without the form, for checks that begin after it. */
async function enter(person: Person, who: Parameters<typeof credentialsOf>[0], path: string): Promise<void> {
  const session = await signIn(person.address, credentialsOf(who))
  await person.visit('/login')
  // A page that still leaves for another one would take the next visit back.
  await person.see('the page', `document.querySelector('h1')`)
  const value = JSON.stringify({ ...session, state: 'open' })
  await person.read(`localStorage.setItem('${sessionKey}', ${JSON.stringify(value)})`)
  await person.visit(path)
}

async function choose(person: Person, label: string, entry: string): Promise<void> {
  await person.click(label, the.field(label))
  await person.click(entry, the.option(entry))
  await person.see(`${entry} chosen`, `${the.field(label)}?.textContent.includes(${JSON.stringify(entry)})`)
}

const written =
  'select iata, 9007199254740993 as big, null::text as nothing from airports order by iata limit 40'

async function executed(person: Person): Promise<string> {
  const [developer, manager] = [await apiOf(person, 'developer'), await apiOf(person, 'manager')]
  return (await submitAndRun(developer, manager, { content: written, comment: unique('Runs') })).id
}

export const checks: Check[] = [
  {
    name: 'the main story: sign in, ask, and watch it run to its result, without an error in the console',
    async play(person) {
      await person.engine.resize(...desk)
      await person.read(`localStorage.clear()`).catch(() => null)
      await person.visit('/login?next=/requests/new')
      await person.click('the e-mail field', the.field('E-mail'))
      await person.type('developer@demo.example')
      await person.click('the password field', the.field('Password'))
      await person.type(demoPassword)
      await person.press(keys.Enter)
      await person.see('the form', the.heading('New request'))
      await choose(person, 'Instance', 'demo-replica')
      await choose(person, 'Database', 'demo')
      await choose(person, 'Pod', 'Aviation')
      await person.click('the editor', `document.querySelector('.cm-content')`)
      await person.type(written)
      const title = unique('Asked in another engine')
      await person.click('the comment', the.field('Comment'))
      await person.type(title)
      await person.press(keys.Control, keys.Enter)
      await person.see(
        'the new request',
        `${the.heading(title)} && /requests\\/[0-9a-f-]{36}$/.test(location.pathname)`,
      )
      const id = String(await person.read(`location.pathname.split('/').at(-1)`))
      const [developer, manager] = [await apiOf(person, 'developer'), await apiOf(person, 'manager')]
      const { content } = await finishedContent(developer, manager, id)
      holds('what was typed is what was sent', content === written || content)
      await person.see(
        'the result',
        `${grid('Rows of statement 1')}?.textContent.includes('9007199254740993')`,
      )
      await person.see('its end', `document.querySelector('main [data-status="EXECUTED"]')`)
      holds('no error in the console', (await person.faults()).length === 0 || (await person.faults()))
    },
  },
  {
    name: 'on a phone the page stays in its window, whatever the wheel does',
    async play(person) {
      await enter(person, 'developer', `/requests/${await executed(person)}`)
      await person.engine.resize(...phone)
      await person.see('the grid', grid('Rows of statement 1'))
      await person.wheel(190, 820, 900)
      await person.see('production or staging', `document.body.innerText.includes('staging')`)
      holds('nothing has scrolled away', await person.read('scrollY === 0 || scrollY'))
      const higher = 'document.documentElement.scrollHeight - innerHeight'
      holds('no document is higher than the window', await person.read(`${higher} <= 0 || ${higher}`))
      const wider = 'document.documentElement.scrollWidth - innerWidth'
      holds('nothing is wider than the window', await person.read(`${wider} <= 0 || ${wider}`))
      await person.engine.resize(...desk)
    },
  },
  {
    name: 'after a new sign-in over the page, what had failed for the ended session is there',
    async play(person) {
      const admin = await apiOf(person, 'admin')
      const account = await makeAccount(admin, 'DEVELOPER', 'Sana')
      const title = unique('Still mine')
      await submit(await apiOf(person, account), { content: 'select 1', comment: title })
      await enter(person, account, '/requests')
      await person.see('the list', `${grid('Requests')}?.textContent.includes(${JSON.stringify(title)})`)
      const spoilt = `{ ...JSON.parse(localStorage.getItem('${sessionKey}')), accessToken: 'gone', refreshToken: 'gone' }`
      await person.read(`localStorage.setItem('${sessionKey}', JSON.stringify(${spoilt}))`)
      await person.press('j')
      await person.press(keys.Enter)
      await person.click(
        'the password field',
        `document.querySelector('[role="dialog"] input[type="password"]')`,
      )
      await person.type(account.password)
      await person.press(keys.Enter)
      await person.see('the request', `!document.querySelector('[role="dialog"]') && ${the.text(title)}`)
      holds('no error stays', await person.read(`document.querySelector('main [role="alert"]') === null`))
    },
  },
  {
    name: 'the cell that is copied is the active one, and the ring of both grids is whole',
    async play(person) {
      await enter(person, 'developer', `/requests/${await executed(person)}`)
      const cell = `${grid('Rows of statement 1')}?.querySelector('[data-row="0"][data-column="0"]')`
      await person.see('the rows', cell)
      await person.read(
        `(() => {
          window.portalCopied = null
          const keep = (text) => { window.portalCopied = text }
          const { clipboard } = navigator
          if (clipboard) {
            clipboard.writeText = (text) => Promise.resolve(keep(text))
            clipboard.write = async ([item]) => keep(await (await item.getType('text/plain')).text())
          }
          document.addEventListener('copy', () => keep('native: ' + getSelection()), true)
        })()`,
      )
      await person.click('the first cell', cell, 2)
      await person.see('the whole value', the.labelled('Whole value'))
      await person.press(keys.Escape)
      await person.press(keys.ArrowDown)
      await person.press(keys.Control, 'c')
      await person.see('something copied', 'window.portalCopied !== null')
      const second = `${grid('Rows of statement 1')}.querySelector('[data-row="1"][data-column="0"]').textContent.trim()`
      holds(
        'the second cell was copied',
        await person.read(`window.portalCopied === ${second} || window.portalCopied`),
      )
      const ring = (label: string) =>
        `(() => { const style = getComputedStyle(${grid(label)}.parentElement, '::after'); return style.content !== 'none' && style.borderTopWidth === '2px' && style.zIndex === '30' })()`
      await person.read(
        `(document.activeElement.blur(), ${grid('Rows of statement 1')}.focus({ focusVisible: true }))`,
      )
      holds('the ring of the result', await person.read(ring('Rows of statement 1')))
      await person.visit('/requests')
      await person.see('the list', grid('Requests'))
      await person.press('j')
      holds('the ring of the list', await person.read(ring('Requests')))
    },
  },
  {
    name: 'a search keeps its active row over a visit, and is emptied together with its list',
    async play(person) {
      const developer = await apiOf(person, 'developer')
      const words = unique('Visited')
      for (const place of ['one', 'two', 'three'])
        await submit(developer, { content: 'select 1', comment: `${words} ${place}` })
      await enter(person, 'developer', '/requests')
      await person.click('the search', `document.querySelector('[role="searchbox"]')`)
      await person.type(words)
      holds(
        'the engine draws no cross of its own beside the hint',
        await person.read(`document.querySelector('[role="searchbox"]').type === 'text'`),
      )
      await person.see('three rows', `${grid('Requests')}?.querySelectorAll('[data-index]').length === 3`)
      await person.read('document.activeElement.blur()')
      await person.press('j')
      await person.press('j')
      await person.press(keys.Enter)
      await person.see('the request', the.heading(`${words} two`))
      await person.read('history.back()')
      await person.see(
        'the active row',
        `document.querySelector('[aria-selected="true"]')?.textContent.includes('two')`,
      )
      holds('the focus is on the list', await person.read(`document.activeElement === ${grid('Requests')}`))
      await person.click('the search', `document.querySelector('[role="searchbox"]')`)
      await person.press(keys.Escape)
      await person.see(
        'no filter',
        `!location.search.includes('q=') && document.querySelector('[role="searchbox"]').value === ''`,
      )
      await person.see('the whole list', `${grid('Requests')}.querySelectorAll('[data-index]').length > 3`)
    },
  },
  {
    name: 'dates, the panel to find, the slider and notes are finished',
    async play(person) {
      await enter(person, 'admin', '/audit')
      await person.see('the dates', the.labelled('From'))
      const cut = `(() => {
        const field = ${the.labelled('From')}
        const natural = field.cloneNode()
        natural.style.width = 'auto'
        natural.style.position = 'absolute'
        field.parentElement.append(natural)
        const missing = natural.offsetWidth - field.offsetWidth
        natural.remove()
        return missing <= 0 || missing
      })()`
      holds('the date field is as wide as its words', await person.read(cut))
      await enter(person, 'developer', `/requests/${await executed(person)}?tab=history`)
      const slider = `document.querySelector('input[type="range"]')`
      await person.see('the slider', slider)
      holds(
        'the slider is drawn by the portal',
        await person.read(`getComputedStyle(${slider}).appearance === 'none'`),
      )
      await person.visit('/requests/new')
      await person.click('the editor', `document.querySelector('.cm-content')`)
      await person.press(keys.Control, 'f')
      await person.see('the panel to find', `document.querySelector('.cm-panel.cm-search')`)
      const styled = `getComputedStyle(document.querySelector('.cm-panel.cm-search .cm-textfield')).borderRadius === '6px'`
      holds('the panel to find is styled', await person.read(styled))
      await person.press(keys.Escape)
    },
  },
]

async function finishedContent(developer: Api, manager: Api, id: string) {
  const { requestDetailSchema } = await import('@sre-portal/contracts')
  const request = await developer.get(`/api/requests/${id}`, requestDetailSchema)
  await approve(manager, request)
  return finished(developer, id)
}
