import { once } from 'node:events'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { get as httpsGet } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import type { Supervised } from './supervise.ts'

const timeoutMs = 90_000
const crashesAllowed = 3

/** Waits until a process answers its probe with success; gives up when it crashes again and again, or never gets there. */
export async function waitUntilReady(
  process: Pick<Supervised, 'name' | 'crashes'>,
  url: string,
  lastWords: () => string,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const state = await readiness(url)
    if (state === 'ready') return
    if (process.crashes() >= crashesAllowed)
      throw new Error(`The ${process.name} can't start. ${lastWords()}`)
    if (Date.now() > deadline)
      throw new Error(
        `The ${process.name} did not get ready in ${timeoutMs / 1000} s: ${state}. ${lastWords()}`,
      )
    await pause(50, undefined, { signal })
  }
}

async function readiness(url: string): Promise<string> {
  // The question is whether it answers, not who it is: the certificate may be made for another name.
  const get = url.startsWith('https:') ? httpsGet : httpGet
  try {
    const asking = get(url, { rejectUnauthorized: false, timeout: 5_000 })
    asking.once('timeout', () => asking.destroy())
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    const said = await text(answer)
    return answer.statusCode === 200 || answer.statusCode === 204 ? 'ready' : said.slice(0, 500)
  } catch {
    return 'it does not answer'
  }
}
