import { test as base, expect, type Browser, type BrowserContextOptions, type Page } from '@playwright/test'
import type { Session } from '@sre-portal/contracts'
import { demoAccounts, demoPassword, type DemoPerson } from '@sre-portal/infra/demo/accounts.ts'
import { createApi, signIn, type Api } from './api.ts'
import { watch, type Seen } from './watch.ts'

/** Somebody of the demonstration, or an account that a story has made. */
export type Person = DemoPerson | { email: string; password: string }

export interface Portal {
  address: string
  /** A browser of its own in which this person is signed in. */
  open: (person: Person, path?: string, options?: BrowserContextOptions) => Promise<Page>
  /** A browser in which nobody is signed in. */
  visit: (path?: string, options?: BrowserContextOptions) => Promise<Page>
  api: (person: Person) => Promise<Api>
  /** Without a token. */
  nobody: Api
  session: (person: Person) => Promise<Session>
  /** What all of its pages have met. */
  seen: Seen
}

/** Well within an access token's fifteen minutes: a session that two browsers share must not be refreshed by both. */
const sessionLifeMs = 5 * 60_000
const sessions = new Map<string, { session: Session; since: number }>()

export const credentialsOf = (person: Person) =>
  typeof person === 'string'
    ? { email: demoAccounts[person].email, password: demoPassword }
    : { email: person.email, password: person.password }

/** Keys of the portal's localStorage. */
export const sessionKey = 'sre-portal.session'

export function createPortal(address: string, browser: Browser): Portal & { close: () => Promise<void> } {
  const seen: Seen = { faults: [], refusals: [] }
  const contexts: { close: () => Promise<void> }[] = []
  const session: Portal['session'] = async (person) => {
    const credentials = credentialsOf(person)
    const key = `${address} ${credentials.email} ${credentials.password}`
    const known = sessions.get(key)
    if (known && Date.now() - known.since < sessionLifeMs) return known.session
    const fresh = await signIn(address, credentials)
    sessions.set(key, { session: fresh, since: Date.now() })
    return fresh
  }
  const visit: Portal['visit'] = async (path = '/', options = {}) => {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
    contexts.push(context)
    const page = await context.newPage()
    await watch(page, address, seen)
    await page.goto(address + path)
    return page
  }
  return {
    address,
    seen,
    session,
    visit,
    open: async (person, path, options) => {
      const value = JSON.stringify({ ...(await session(person)), state: 'open' })
      const origins = [{ origin: address, localStorage: [{ name: sessionKey, value }] }]
      return visit(path, { ...options, storageState: { cookies: [], origins } })
    },
    api: async (person) => createApi(address, (await session(person)).accessToken),
    nobody: createApi(address, null),
    close: async () => {
      for (const context of contexts) await context.close()
    },
  }
}

/** A story's test: `portal` opens the doors, and closes with the check that no page did what none may. */
export const test = base.extend<{ portal: Portal }>({
  portal: async ({ browser }, use) => {
    const portal = createPortal(process.env['STORIES_ADDRESS'] ?? '', browser)
    await use(portal)
    await portal.close()
    expect(portal.seen.faults, 'errors, violations and foreign requests on the pages of this story').toEqual(
      [],
    )
  },
})
export { expect }
