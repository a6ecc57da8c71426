import { chromium } from '@playwright/test'
import { findBrowser } from '@sre-portal/infra/testing/browser.mjs'
import { repository } from '@sre-portal/infra/stack/settings.ts'
import { keys, type Engine, type InputSequence, type PointerAction, type PointerMove } from './engine.ts'

const nameOfKey = new Map<string, string>(Object.entries(keys).map(([name, value]) => [value, name]))

/** The Chromium of the stories, driven by Playwright. */
export async function startChromium(): Promise<Engine> {
  const executablePath = await findBrowser(repository)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  const page = await browser.newPage({ reducedMotion: 'reduce', locale: 'en-GB' })
  const perform = async (sequence: InputSequence) => {
    const actions: readonly InputSequence['actions'][number][] = sequence.actions
    for (const action of actions) {
      switch (action.type) {
        case 'keyDown':
          await page.keyboard.down(nameOfKey.get(action.value) ?? action.value)
          break
        case 'keyUp':
          await page.keyboard.up(nameOfKey.get(action.value) ?? action.value)
          break
        case 'pointerMove':
          await page.mouse.move(action.x, action.y)
          break
        case 'pointerDown':
          await page.mouse.down()
          break
        case 'pointerUp':
          await page.mouse.up()
          break
        case 'scroll':
          await page.mouse.move(action.x, action.y)
          await page.mouse.wheel(action.deltaX, action.deltaY)
          break
      }
    }
  }
  return {
    name: `Chromium ${browser.version()}`,
    open: async (url) => void (await page.goto(url)),
    evaluate: (expression) => page.evaluate<unknown>(expression),
    perform: async (sequences) => {
      for (const sequence of sequences) {
        const move = sequence.type === 'pointer' ? sequence.actions.find(isMove) : undefined
        const presses = sequence.actions.filter(({ type }) => type === 'pointerDown').length
        // A double click is one to Playwright only when it is told so.
        if (move && presses === 2) await page.mouse.dblclick(move.x, move.y)
        else await perform(sequence)
      }
    },
    resize: (width, height) => page.setViewportSize({ width, height }),
    screenshot: () => page.screenshot(),
    close: () => browser.close(),
  }
}

const isMove = (action: PointerAction): action is PointerMove => action.type === 'pointerMove'
