import { spawn } from 'node:child_process'
import { freePort } from '@sre-portal/infra/ports.ts'
import type { Engine } from './engine.ts'
import { endOf, type Display } from './programs.ts'

const startLimitMs = 60_000

/** Debian's WebKitGTK, over the WebDriver standard that its driver speaks. */
export async function startWebkit(driver: string, browser: string, display: Display): Promise<Engine> {
  const port = await freePort()
  const child = spawn(driver, [`--port=${port}`], {
    stdio: 'ignore',
    env: { ...process.env, DISPLAY: display.name, GDK_BACKEND: 'x11', LIBGL_ALWAYS_SOFTWARE: '1' },
  })
  const root = `http://127.0.0.1:${port}`
  const call = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => {
    const answer = await fetch(root + path, { method, ...(body && { body: JSON.stringify(body) }) })
    const { value } = (await answer.json()) as { value: unknown }
    if (answer.ok) return value
    const { error, message } = value as { error: string; message: string }
    throw new Error(`${path}: ${error}: ${message}`)
  }
  const options = { binary: browser, args: ['--automation'] }
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } }
  const { sessionId, capabilities: found } = (await untilAnswered(() =>
    call('POST', '/session', { capabilities }),
  )) as {
    sessionId: string
    capabilities: { browserVersion: string }
  }
  const session = `/session/${sessionId}`
  await call('POST', `${session}/timeouts`, { script: 30_000, pageLoad: 60_000 })
  return {
    name: `WebKitGTK ${found.browserVersion}`,
    open: async (url) => void (await call('POST', `${session}/url`, { url })),
    async evaluate(expression) {
      const script = `const done = arguments[0]; Promise.resolve().then(() => (${expression})).then((value) => done(JSON.stringify({ value })), (error) => done(JSON.stringify({ error: String(error) })))`
      const text = await call('POST', `${session}/execute/async`, { script, args: [] })
      const { value, error } = JSON.parse(String(text)) as { value?: unknown; error?: string }
      if (error !== undefined) throw new Error(error)
      return value ?? null
    },
    perform: async (actions) => {
      await call('POST', `${session}/actions`, { actions })
    },
    async resize(width, height) {
      // The window has a frame: its size is corrected by what the page then has.
      const { value } = { value: await call('POST', `${session}/window/rect`, { width, height }) }
      const script = 'return [window.innerWidth, window.innerHeight]'
      const inner = (await call('POST', `${session}/execute/sync`, { script, args: [] })) as [number, number]
      const rect = value as { width: number; height: number }
      const wanted = { width: width + rect.width - inner[0], height: height + rect.height - inner[1] }
      await call('POST', `${session}/window/rect`, wanted)
    },
    screenshot: async () => Buffer.from(String(await call('GET', `${session}/screenshot`)), 'base64'),
    async close() {
      await call('DELETE', session).catch(() => null)
      await endOf(child)
    },
  }
}

async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  const until = Date.now() + startLimitMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof TypeError) || Date.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
