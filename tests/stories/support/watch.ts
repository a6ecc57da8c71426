import type { Page } from '@playwright/test'

export interface Seen {
  /** Errors, violations of the content security policy, requests that leave the portal: what must never happen on any page. */
  faults: string[]
  /** Calls that the portal refused; some stories are about them. */
  refusals: string[]
}

/** What a browser says of a refused call in its console. */
const refusedCall = /^Failed to load resource: the server responded with a status of 4\d\d/

export async function watch(page: Page, address: string, { faults, refusals }: Seen): Promise<void> {
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
  page.on('response', (response) => {
    if (response.status() >= 400) refusals.push(`${response.status()} ${response.url()}`)
  })
  await page.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
      console.info(`content security policy: ${violatedDirective} ${blockedURI} ${sample}`),
    ),
  )
}
