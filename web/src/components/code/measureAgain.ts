import { ViewPlugin, type EditorView } from '@codemirror/view'

/**
 * Measures the lines whenever they have taken another size. The editor does so by itself, but not within a moment of its first measure: style
 * sheet and font that come just then would leave the numbers beside the wrong lines.
 */
export const measureAgain = ViewPlugin.define((view: EditorView) => {
  const sizes = new ResizeObserver(() => view.requestMeasure())
  sizes.observe(view.contentDOM)
  void document.fonts?.ready.then(() => view.requestMeasure())
  return { destroy: () => sizes.disconnect() }
})
