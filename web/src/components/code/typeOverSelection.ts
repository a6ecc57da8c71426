import { EditorView } from '@codemirror/view'

/**
 * Text typed over a selection, put in place by the editor itself. Left to it, Chromium would give the new text the colours of the old one by
 * an inline style, which the page's policy refuses.
 */
export const typeOverSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { data, inputType, isComposing } = event
    if (inputType !== 'insertText' || isComposing || data === null) return false
    const range = selectedRange(view)
    if (!range || view.state.readOnly || view.state.selection.ranges.length > 1) return false
    const from = view.posAtDOM(range.startContainer, range.startOffset)
    const to = view.posAtDOM(range.endContainer, range.endOffset)
    if (from >= to) return false
    const insert = () => {
      const text = view.state.toText(data)
      return view.state.update({
        changes: { from, to, insert: text },
        selection: { anchor: from + text.length },
        userEvent: 'input.type',
        scrollIntoView: true,
      })
    }
    const handlers = view.state.facet(EditorView.inputHandler)
    if (!handlers.some((handle) => handle(view, from, to, data, insert))) view.dispatch(insert())
    return true
  },
})

/** As the browser has it at this moment: the editor hears of a new selection only later. */
function selectedRange({ contentDOM }: EditorView): Range | null {
  const selection = contentDOM.ownerDocument.getSelection()
  const range = selection?.rangeCount === 1 ? selection.getRangeAt(0) : null
  return range && contentDOM.contains(range.commonAncestorContainer) ? range : null
}
