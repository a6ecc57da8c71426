import type { Page } from '@playwright/test'

/** What a browser says of a refused API call; a story that expects the refusal asserts it where the person sees it. */
const refusedCall = /^Failed to load resource: the server responded with a status of 4\d\d/

/** Collects what must never happen on any page: errors, violations of the content security policy, requests that leave the portal. */
export async function watch(page: Page, address: string, faults: string[]): Promise<void> {
  const tell = (what: string) => faults.push(`${new URL(page.url()).pathname}: ${what}`)
  page.on('console', (message) => {
    if (message.type() === 'error' && !refusedCall.test(message.text())) tell(message.text())
    if (message.text().startsWith('content security policy: ')) tell(message.text())
  })
  page.on('pageerror', (error) => tell(error.stack ?? error.message))
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    if (protocol.startsWith('http') && origin !== address) tell(`asked for ${request.url()}`)
  })
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
      console.info(`content security policy: ${violatedDirective} ${blockedURI} ${sample}`),
    )
  })
}
