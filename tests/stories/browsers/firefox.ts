import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBidi } from './bidi.ts'
import type { Engine } from './engine.ts'
import { endOf } from './programs.ts'

const startLimitMs = 60_000
const preferences = {
  'ui.prefersReducedMotion': 1,
  'intl.accept_languages': 'en-GB',
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.update.enabled': false,
  'network.captive-portal-service.enabled': false,
}

/** Debian's Firefox, over WebDriver BiDi, which it speaks by itself. */
export async function startFirefox(program: string): Promise<Engine> {
  const profile = await mkdtemp(join(tmpdir(), 'sre-portal-firefox-'))
  const lines = Object.entries(preferences).map(
    ([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`,
  )
  await writeFile(join(profile, 'user.js'), lines.join('\n'))
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0']
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const address = await new Promise<string>((resolve, reject) => {
    let said = ''
    const limit = setTimeout(
      () => reject(new Error(`Firefox took too long to start. It said:\n${said}`)),
      startLimitMs,
    )
    child.once('exit', () => reject(new Error(`Firefox ended. It said:\n${said}`)))
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const found = /WebDriver BiDi listening on (ws:\S+)/.exec(said)?.[1]
      if (!found) return
      clearTimeout(limit)
      resolve(found)
    })
  })
  const bidi = await connectBidi(`${address}/session`)
  const { capabilities } = (await bidi.send('session.new', { capabilities: {} })) as {
    capabilities: { browserVersion: string }
  }
  const { context } = (await bidi.send('browsingContext.create', { type: 'tab' })) as { context: string }
  return {
    name: `Firefox ${capabilities.browserVersion}`,
    open: async (url) =>
      void (await bidi.send('browsingContext.navigate', { context, url, wait: 'complete' })),
    async evaluate(expression) {
      const answer = (await bidi.send('script.evaluate', {
        expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value) ?? 'null')`,
        target: { context },
        awaitPromise: true,
        userActivation: true,
      })) as { type: string; result?: { value?: string }; exceptionDetails?: { text: string } }
      if (answer.type !== 'success')
        throw new Error(answer.exceptionDetails?.text ?? 'The page threw something.')
      return JSON.parse(answer.result?.value ?? 'null') as unknown
    },
    perform: async (actions) => void (await bidi.send('input.performActions', { context, actions })),
    resize: async (width, height) =>
      void (await bidi.send('browsingContext.setViewport', { context, viewport: { width, height } })),
    async screenshot() {
      const { data } = (await bidi.send('browsingContext.captureScreenshot', { context })) as { data: string }
      return Buffer.from(data, 'base64')
    },
    async close() {
      bidi.close()
      await endOf(child)
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
