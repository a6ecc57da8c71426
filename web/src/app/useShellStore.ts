import { defineStore } from 'pinia'
import { onScopeDispose, ref, shallowRef, watch } from 'vue'

export interface PageAction {
  label: string
  icon: string
  run(): void
}

/** What is open around the page, and what the open page offers to the command palette. */
export const useShellStore = defineStore('shell', () => {
  const navOpen = ref(false)
  const paletteOpen = ref(false)
  const shortcutsOpen = ref(false)
  const pageActions = shallowRef<PageAction[]>([])
  return { navOpen, paletteOpen, shortcutsOpen, pageActions }
})

/** Offers actions in the command palette for as long as the page is open. */
export function usePageActions(actions: () => PageAction[]) {
  const shell = useShellStore()
  watch(actions, (now) => (shell.pageActions = now), { immediate: true })
  onScopeDispose(() => (shell.pageActions = []))
}
