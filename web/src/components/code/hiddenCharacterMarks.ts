import { RangeSetBuilder } from '@codemirror/state'
import {
  Decoration,
  ViewPlugin,
  WidgetType,
  type DecorationSet,
  type EditorView,
  type ViewUpdate,
} from '@codemirror/view'
import { findHiddenCharacters, type HiddenCharacter } from './hiddenCharacters.ts'

class Sign extends WidgetType {
  readonly character: HiddenCharacter
  constructor(character: HiddenCharacter) {
    super()
    this.character = character
  }
  override eq(other: Sign) {
    return other.character.name === this.character.name
  }
  override toDOM() {
    const sign = document.createElement('span')
    sign.className = 'cm-hidden-character'
    sign.textContent = this.character.name.split(' ')[0] ?? '?'
    sign.title = this.character.name
    sign.setAttribute('aria-label', this.character.name)
    sign.setAttribute('role', 'img')
    return sign
  }
}

function marksOf(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>()
  const from = view.viewport.from
  const text = view.state.doc.sliceString(from, view.viewport.to)
  for (const character of findHiddenCharacters(text)) {
    const start = from + character.index
    const end = start + character.length
    if (character.kind === 'look-alike') {
      builder.add(
        start,
        end,
        Decoration.mark({ class: 'cm-error-mark', attributes: { title: character.name } }),
      )
    } else {
      builder.add(start, end, Decoration.replace({ widget: new Sign(character) }))
    }
  }
  return builder.finish()
}

/** Draws a sign where a character can't be seen or turns the text around it. */
export const hiddenCharacterMarks = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet
    constructor(view: EditorView) {
      this.decorations = marksOf(view)
    }
    update(update: ViewUpdate) {
      if (update.docChanged || update.viewportChanged) this.decorations = marksOf(update.view)
    }
  },
  { decorations: (plugin) => plugin.decorations },
)
