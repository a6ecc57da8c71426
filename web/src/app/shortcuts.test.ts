import { afterEach, expect, it } from 'vitest'
import { effectScope } from 'vue'
import { listenForShortcuts, singleKeyShortcuts, useShortcuts } from './shortcuts.ts'

const scope = effectScope()
const fired: string[] = []
const stopListening = listenForShortcuts(document)
scope.run(() =>
  useShortcuts([
    { keys: 'j', label: 'Next row', group: 'Lists', run: () => fired.push('j') },
    { keys: 'g r', label: 'Requests', group: 'Go to', run: () => fired.push('g r') },
    { keys: 'mod+k', label: 'Search', group: 'Everywhere', run: () => fired.push('mod+k') },
  ]),
)

afterEach(() => {
  fired.length = 0
  singleKeyShortcuts.value = true
  document.body.replaceChildren()
})

function press(key: string, target: EventTarget = document.body, init: KeyboardEventInit = {}) {
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init }))
}

it('fires a single key, a sequence, and one with Ctrl or Command', () => {
  press('j')
  press('g')
  press('r')
  press('k', document.body, { ctrlKey: true })
  press('k', document.body, { metaKey: true })
  expect(fired).toEqual(['j', 'g r', 'mod+k', 'mod+k'])
})

it('never fires a single key in a field, but does fire one with a modifier', () => {
  const field = document.createElement('textarea')
  document.body.append(field)
  press('j', field)
  press('k', field, { ctrlKey: true })
  expect(fired).toEqual(['mod+k'])
})

it('fires no single key behind an open dialog, nor when they are turned off', () => {
  const dialog = document.createElement('div')
  dialog.setAttribute('role', 'dialog')
  dialog.dataset.state = 'open'
  document.body.append(dialog)
  press('j')
  dialog.remove()
  singleKeyShortcuts.value = false
  press('j')
  expect(fired).toEqual([])
})

it('fires nothing once the page that offered it is gone', () => {
  scope.stop()
  press('j')
  expect(fired).toEqual([])
  stopListening()
})
