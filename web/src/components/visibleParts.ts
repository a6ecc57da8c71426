import { unseenCharacters } from './code/hiddenCharacters.ts'

interface TextPart {
  text: string
  /** Name of the character that the text is a sign for. */
  hidden?: string
}

// Alternatives, not one class: Chromium 156 finds no astral character by a class that stands at the end of a text.
const pictographBefore = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)$/u
const joinerOrSelector = /^(?:\u200d|\ufe0e|\ufe0f)$/u
const mostSigns = 1000
const noMoreSigns = 'not marked from here on'

/**
 * Takes a text apart at the characters that can't be seen; those that belong to an emoji stay with it. A text with more of them than are of
 * use as signs says where the signs end.
 */
export function visibleParts(text: string): TextPart[] {
  const parts: TextPart[] = []
  let from = 0
  let signs = 0
  for (const { index, length, name } of unseenCharacters(text)) {
    const character = text.slice(index, index + length)
    const ofEmoji = joinerOrSelector.test(character) && pictographBefore.test(text.slice(0, index).slice(-2))
    if (ofEmoji) continue
    if (index > from) parts.push({ text: text.slice(from, index) })
    if (signs === mostSigns) {
      const hidden = `After ${mostSigns} signs, characters that can’t be seen are ${noMoreSigns}`
      return [...parts, { text: noMoreSigns, hidden }, { text: text.slice(index) }]
    }
    signs += 1
    parts.push({ text: name.split(' ')[0] ?? '', hidden: name })
    from = index + length
  }
  if (from < text.length) parts.push({ text: text.slice(from) })
  return parts
}
