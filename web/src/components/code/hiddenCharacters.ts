export interface HiddenCharacter {
  /** Index in UTF-16 units, as editors count. */
  index: number
  length: number
  line: number
  column: number
  /** `U+202E right-to-left override`. */
  name: string
  kind: 'bidi' | 'invisible' | 'space' | 'control' | 'look-alike'
}

const names: Record<number, [HiddenCharacter['kind'], string]> = {
  0x000d: ['control', 'carriage return without a line feed'],
  0x00a0: ['space', 'no-break space'],
  0x00ad: ['invisible', 'soft hyphen'],
  0x034f: ['invisible', 'combining grapheme joiner'],
  0x061c: ['bidi', 'Arabic letter mark'],
  0x115f: ['invisible', 'Hangul filler'],
  0x1160: ['invisible', 'Hangul filler'],
  0x180e: ['invisible', 'Mongolian vowel separator'],
  0x200b: ['invisible', 'zero-width space'],
  0x200c: ['invisible', 'zero-width non-joiner'],
  0x200d: ['invisible', 'zero-width joiner'],
  0x200e: ['bidi', 'left-to-right mark'],
  0x200f: ['bidi', 'right-to-left mark'],
  0x2028: ['invisible', 'line separator'],
  0x2029: ['invisible', 'paragraph separator'],
  0x202a: ['bidi', 'left-to-right embedding'],
  0x202b: ['bidi', 'right-to-left embedding'],
  0x202c: ['bidi', 'end of embedding'],
  0x202d: ['bidi', 'left-to-right override'],
  0x202e: ['bidi', 'right-to-left override'],
  0x2060: ['invisible', 'word joiner'],
  0x2066: ['bidi', 'left-to-right isolate'],
  0x2067: ['bidi', 'right-to-left isolate'],
  0x2068: ['bidi', 'first strong isolate'],
  0x2069: ['bidi', 'end of isolate'],
  0x2800: ['invisible', 'blank pattern of Braille'],
  0x3164: ['invisible', 'Hangul filler'],
  0xfeff: ['invisible', 'byte order mark'],
  0xffa0: ['invisible', 'half-width Hangul filler'],
}

const suspicious = new RegExp(
  [
    '[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u00a0\\u00ad\\u061c\\u115f\\u1160\\u1680]',
    '[\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\u3164]',
    '[\\ufe00-\\ufe0f]',
    '[\\ufeff\\uffa0\\ufff9-\\ufffb\\u{e0001}\\u{e0020}-\\u{e007f}]',
    '[\\u{e0100}-\\u{e01ef}]',
    '\\p{Default_Ignorable_Code_Point}',
    '[\\u2800\\ufffc\\u{13430}-\\u{1343f}]',
    '\\r(?!\\n)',
  ].join('|'),
  'gu',
)
const mixedWord = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}_$\d]+/gu
const notLatin = /[\p{Script=Cyrillic}\p{Script=Greek}]/gu
const latin = /\p{Script=Latin}/u

/** As many of one text are told one by one; a text of nothing else must not fill the memory. */
export const mostTold = 100_000

type Placed = Omit<HiddenCharacter, 'line' | 'column'>

/** What can't be seen, one after the other as far as somebody asks, without what only looks like something else. */
export function* unseenCharacters(text: string): Generator<Placed> {
  for (const match of text.matchAll(suspicious)) yield { index: match.index, ...described(match[0]) }
}

/** Finds what a reader of the text can't see, or sees as something else, in the order of the text, up to `mostTold`. */
export function findHiddenCharacters(text: string): HiddenCharacter[] {
  const found: Placed[] = []
  for (const unseen of unseenCharacters(text)) {
    if (found.length === mostTold) break
    found.push(unseen)
  }
  let lookAlikes = 0
  for (const word of text.matchAll(mixedWord)) {
    if (lookAlikes >= mostTold) break
    if (!latin.test(word[0])) continue
    for (const letter of word[0].matchAll(notLatin)) {
      lookAlikes += 1
      const codePoint = letter[0].codePointAt(0) ?? 0
      const name = `${hex(codePoint)} letter of another script that looks Latin`
      found.push({ index: word.index + letter.index, length: letter[0].length, kind: 'look-alike', name })
    }
  }
  return withLines(text, found.sort((a, b) => a.index - b.index).slice(0, mostTold))
}

function described(character: string): Pick<HiddenCharacter, 'length' | 'kind' | 'name'> {
  const codePoint = character.codePointAt(0) ?? 0
  const known = names[codePoint]
  const kind = known?.[0] ?? (isControl(codePoint) ? 'control' : isSpace(codePoint) ? 'space' : 'invisible')
  const word =
    known?.[1] ??
    { control: 'control character', space: 'unusual space', invisible: 'invisible character' }[
      kind as 'control' | 'space' | 'invisible'
    ]
  return { length: character.length, kind, name: `${hex(codePoint)} ${word}` }
}

const isControl = (codePoint: number) => codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0)
const isSpace = (codePoint: number) =>
  codePoint === 0x1680 ||
  (codePoint >= 0x2000 && codePoint <= 0x200a) ||
  [0x202f, 0x205f, 0x3000].includes(codePoint)
const hex = (codePoint: number) => `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`

const lineFeed = 0x0a

/** Lines and columns from 1, in code points. */
function withLines(text: string, found: Placed[]): HiddenCharacter[] {
  let line = 1
  let column = 1
  let at = 0
  return found.map((character) => {
    while (at < character.index) {
      const codePoint = text.codePointAt(at) ?? 0
      at += codePoint > 0xffff ? 2 : 1
      const ends = codePoint === lineFeed
      line += ends ? 1 : 0
      column = ends ? 1 : column + 1
    }
    return { ...character, line, column }
  })
}
