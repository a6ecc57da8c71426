import {
  acceptCompletion,
  completionStatus,
  moveCompletionSelection,
  selectedCompletionIndex,
} from '@codemirror/autocomplete'
import type { EditorView, KeyBinding } from '@codemirror/view'

/** Tab takes what is offered: the chosen one, else the first. */
export const completeByTab: KeyBinding = {
  key: 'Tab',
  run(view: EditorView) {
    if (completionStatus(view.state) !== 'active') return false
    if (selectedCompletionIndex(view.state) === null) moveCompletionSelection(true)(view)
    return acceptCompletion(view)
  },
}
