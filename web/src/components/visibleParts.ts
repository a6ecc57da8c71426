import { findHiddenCharacters } from './code/hiddenCharacters.ts'

interface TextPart {
  text: string
  /** Name of the character that the text is a sign for. */
  hidden?: string
}

// Alternatives, not one class: Chromium 156 finds no astral character by a class that stands at the end of a text.
const pictographBefore = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)$/u
const joinerOrSelector = /^(?:\u200d|\ufe0e|\ufe0f)$/u
/** Longer texts are shown as they are: a sign in each of a million places would be of no use. */
const longestMarked = 100_000

/** Takes a text apart at the characters that can't be seen; those that belong to an emoji stay with it. */
export function visibleParts(text: string): TextPart[] {
  const parts: TextPart[] = []
  let from = 0
  for (const { index, length, kind, name } of findHiddenCharacters(text.slice(0, longestMarked))) {
    const character = text.slice(index, index + length)
    const ofEmoji = joinerOrSelector.test(character) && pictographBefore.test(text.slice(0, index).slice(-2))
    if (kind === 'look-alike' || ofEmoji) continue
    if (index > from) parts.push({ text: text.slice(from, index) })
    parts.push({ text: name.split(' ')[0] ?? '', hidden: name })
    from = index + length
  }
  if (from < text.length) parts.push({ text: text.slice(from) })
  return parts
}
