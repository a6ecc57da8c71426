import { useLocalStorage } from '@vueuse/core'
import { onScopeDispose, shallowReactive } from 'vue'

export interface Shortcut {
  /** `j`, `?`, `g r` (one after the other), `mod+k` (Ctrl or Command). */
  keys: string
  label: string
  group: 'Everywhere' | 'Go to' | 'Lists' | 'Request'
  run(): void
}

const sequenceMs = 1200

/** WCAG 2.1.4: whoever dictates or has tremor can turn the single-key ones off. */
export const singleKeyShortcuts = useLocalStorage('sre-portal.singleKeys', true)
export const activeShortcuts = shallowReactive(new Set<Shortcut>())

export function useShortcuts(shortcuts: Shortcut[]) {
  for (const shortcut of shortcuts) activeShortcuts.add(shortcut)
  onScopeDispose(() => {
    for (const shortcut of shortcuts) activeShortcuts.delete(shortcut)
  })
}

/** Reads the keyboard for the whole page. */
export function listenForShortcuts(target: Pick<Document, 'addEventListener' | 'removeEventListener'>) {
  let typed: string[] = []
  let typedAt = 0

  const onKeydown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return
    const withModifier = event.ctrlKey || event.metaKey
    if (withModifier) {
      press(`mod+${event.key.toLowerCase()}`, event)
      return
    }
    if (!singleKeyShortcuts.value || isField(event.target) || dialogIsOpen()) return
    if (
      event.target instanceof Element &&
      event.target.closest('[role="grid"], [role="tablist"]') &&
      event.key.length > 1
    )
      return
    typed = event.timeStamp - typedAt < sequenceMs ? [...typed, event.key].slice(-2) : [event.key]
    typedAt = event.timeStamp
    if (press(typed.join(' '), event) || (typed.length > 1 && press(event.key, event))) typed = []
  }
  target.addEventListener('keydown', onKeydown as EventListener)
  return () => target.removeEventListener('keydown', onKeydown as EventListener)
}

function press(keys: string, event: KeyboardEvent): boolean {
  const shortcut = [...activeShortcuts].findLast((candidate) => candidate.keys === keys)
  if (!shortcut) return false
  event.preventDefault()
  shortcut.run()
  return true
}

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable || target.matches('input, textarea, select, [role="listbox"], [role="option"]')
  )
}

const dialogIsOpen = () => document.querySelector('[role="dialog"][data-state="open"]') !== null

const isApple = /Mac|iPhone|iPad/.test(navigator.platform)
export const modKey = isApple ? '⌘' : 'Ctrl'

const drawnKeys: Record<string, string> = { mod: modKey, ArrowLeft: '←', ArrowRight: '→', enter: '↵' }
/** As drawn on key hints. */
export const keyCaps = (keys: string) =>
  keys.split(/[ +]/).map((key) => drawnKeys[key] ?? (key.length === 1 ? key.toUpperCase() : key))
/** As `aria-keyshortcuts` wants them. */
export const ariaKeys = (keys: string) => keys.replace('mod', isApple ? 'Meta' : 'Control')
