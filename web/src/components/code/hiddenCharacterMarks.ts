import { RangeSetBuilder } from '@codemirror/state'
import {
  Decoration,
  EditorView,
  ViewPlugin,
  WidgetType,
  type DecorationSet,
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
  const { from, to } = view.viewport
  // With the line end after it, by which a carriage return is known to belong to it.
  const text = view.state.doc.sliceString(from, to + 1)
  const ends = [...text.matchAll(/\r(?=\n)/g)].map(({ index }) => ({
    index,
    length: 1,
    kind: 'line-end' as const,
  }))
  const found = [...findHiddenCharacters(text), ...ends].sort((a, b) => a.index - b.index)
  for (const character of found) {
    const start = from + character.index
    const end = start + character.length
    if (character.kind === 'line-end') {
      builder.add(start, end, Decoration.replace({}))
    } else if (character.kind === 'look-alike') {
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
  {
    decorations: (plugin) => plugin.decorations,
    // The cursor steps over what is drawn as one sign, or not at all.
    provide: (plugin) =>
      EditorView.atomicRanges.of((view) => view.plugin(plugin)?.decorations ?? Decoration.none),
  },
)
