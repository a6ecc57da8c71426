import { keys, type Engine } from './engine.ts'

const patienceMs = 20_000

/** A person before a page, in any engine: finds things by what they are called, and waits for what should come. */
export interface Person {
  engine: Engine
  address: string
  /** Opens a page of the portal, and remembers from then on what goes wrong in it. */
  visit: (path: string) => Promise<void>
  /** Waits until the expression is true in the page. */
  see: (what: string, expression: string) => Promise<void>
  read: (expression: string) => Promise<unknown>
  /** Clicks the middle of what the expression finds. */
  click: (what: string, expression: string, times?: 1 | 2) => Promise<void>
  type: (text: string) => Promise<void>
  press: (...chord: string[]) => Promise<void>
  wheel: (x: number, y: number, deltaY: number) => Promise<void>
  /** Errors that pages have told since the visit. */
  faults: () => Promise<string[]>
}

/** Expressions that find something in the page by its words. */
export const the = {
  button: (name: string) => named('button, a, [role="tab"], [role="menuitem"]', name),
  option: (name: string) => named('[role="option"]', name),
  field: (label: string) =>
    `[...document.querySelectorAll('label')].find((l) => l.textContent.trim().startsWith(${JSON.stringify(label)}))?.control`,
  labelled: (name: string) => `document.querySelector('[aria-label=${JSON.stringify(name)}]')`,
  heading: (text: string) => `document.querySelector('h1')?.textContent.includes(${JSON.stringify(text)})`,
  text: (text: string) => `document.querySelector('main')?.innerText.includes(${JSON.stringify(text)})`,
}
const named = (selector: string, name: string) =>
  `[...document.querySelectorAll(${JSON.stringify(selector)})].find((e) => e.getClientRects().length > 0 && ((e.getAttribute('aria-label') ?? '') + ' ' + e.textContent).trim().replace(/\\s+/g, ' ').includes(${JSON.stringify(name)}))`

const remember = `(() => {
  if (window.portalFaults) return true
  window.portalFaults = []
  const tell = (what) => window.portalFaults.push(String(what?.stack ?? what))
  addEventListener('error', (event) => tell(event.error ?? event.message))
  addEventListener('unhandledrejection', (event) => tell(event.reason))
  const before = console.error
  console.error = (...words) => { tell(words.map(String).join(' ')); before.apply(console, words) }
  return true
})()`

export function aPerson(engine: Engine, address: string): Person {
  const see: Person['see'] = async (what, expression) => {
    const until = Date.now() + patienceMs
    while (!(await engine.evaluate(`Boolean(${expression})`))) {
      if (Date.now() > until) throw new Error(`Waited in vain for ${what}.`)
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
  }
  const press: Person['press'] = (...chord) =>
    engine.perform([
      {
        type: 'key',
        id: 'keyboard',
        actions: [
          ...chord.map((value) => ({ type: 'keyDown' as const, value })),
          ...chord.toReversed().map((value) => ({ type: 'keyUp' as const, value })),
        ],
      },
    ])
  return {
    engine,
    address,
    see,
    press,
    async visit(path) {
      await engine.open(address + path)
      await engine.evaluate(remember)
    },
    read: (expression) => engine.evaluate(expression),
    async click(what, expression, times = 1) {
      // What opens is placed a moment after it is there.
      const middle = `(() => {
        const found = ${expression}
        found?.scrollIntoView({ block: 'nearest' })
        const { x, y, width, height } = found?.getBoundingClientRect() ?? new DOMRect(-1, -1)
        return { x: Math.round(x + width / 2), y: Math.round(y + height / 2) }
      })()`
      await see(what, `(({ x, y }) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight)(${middle})`)
      const place = (await engine.evaluate(middle)) as { x: number; y: number }
      const press = [{ type: 'pointerDown', button: 0 } as const, { type: 'pointerUp', button: 0 } as const]
      const actions = [{ type: 'pointerMove', ...place } as const, ...press, ...(times === 2 ? press : [])]
      await engine.perform([{ type: 'pointer', id: 'mouse', actions }])
    },
    async type(text) {
      for (const character of text) await press(character === '\n' ? keys.Enter : character)
    },
    wheel: (x, y, deltaY) =>
      engine.perform([
        { type: 'wheel', id: 'wheel', actions: [{ type: 'scroll', x, y, deltaX: 0, deltaY }] },
      ]),
    faults: async () => (await engine.evaluate('window.portalFaults ?? []')) as string[],
  }
}
