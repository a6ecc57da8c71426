import { StateEffect, StateField } from '@codemirror/state'
import { Decoration, EditorView, type DecorationSet } from '@codemirror/view'

const setError = StateEffect.define<number | null>()
const lineMark = Decoration.line({ class: 'cm-error-line' })
const placeMark = Decoration.mark({ class: 'cm-error-mark', attributes: { title: 'The error is here' } })

/** Marks the place where the database or the script engine says that the error is. */
export const errorMarks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setError)) continue
      if (effect.value === null) return Decoration.none
      const { doc } = transaction.state
      const offset = Math.min(effect.value, Math.max(0, doc.length - 1))
      const line = doc.lineAt(offset)
      const word = /^[\p{L}\p{N}_$]+|^./u.exec(line.text.slice(offset - line.from))?.[0].length ?? 0
      const ranges = [lineMark.range(line.from)]
      if (word > 0) ranges.push(placeMark.range(offset, offset + word))
      return Decoration.set(ranges)
    }
    return transaction.docChanged ? Decoration.none : marks
  },
  provide: (field) => EditorView.decorations.from(field),
})

export const showErrorAt = (view: EditorView, offset: number | null) =>
  view.dispatch({ effects: setError.of(offset) })
