/** Format and filler characters, and what else has no ink but is no blank: it hides or turns the text around it, or makes two texts look alike. */
const unseen = String.raw`[\u2028\u2029\u2800\ufffc\u{1d159}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]`

/** Scripts whose letters join or stack, so that a joiner between two of them is part of how a word is written. */
const joiningScripts = [
  ...['Arabic', 'Syriac', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil'],
  ...['Telugu', 'Kannada', 'Malayalam', 'Sinhala', 'Myanmar', 'Khmer'],
]
const joiningLetter = String.raw`(?=[\p{L}\p{M}])(?!${unseen})[${joiningScripts.map((name) => `\\p{Script_Extensions=${name}}`).join('')}]`
const virama = String.raw`[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u103a\u17d2]`
const pictograph = String.raw`\p{Extended_Pictographic}`

/** Where one of them belongs to a sequence that people write: one at a time, and only next to what takes it. */
const wellFormed = [
  String.raw`(?<=${joiningLetter})[\u200c\u200d](?=${joiningLetter})`,
  // Malayalam's chillus and Bengali's khanda ta end words; Persian abbreviates with a heh that joins nothing.
  String.raw`(?<=${virama})[\u200c\u200d]`,
  String.raw`(?<=\u0647)\u200d`,
  String.raw`(?<=${pictograph}[\ufe0f\p{Emoji_Modifier}]?)\u200d(?=${pictograph})`,
  String.raw`(?<=${pictograph})[\ufe0e\ufe0f]`,
  String.raw`(?<=[0-9#*])\ufe0f(?=\u20e3)`,
  String.raw`(?<=\p{Unified_Ideograph})[\ufe00-\ufe02\u{e0100}-\u{e01ef}]`,
  String.raw`(?<=[\u2801-\u28ff])\u2800(?=[\u2801-\u28ff])`,
]

/** An unseen character that belongs to no such sequence, as the source of an expression. */
export const strayUnseen = `(?=${unseen})(?!${wellFormed.join('|')})[^]`

/** The flags of England, Scotland and Wales: of those that are written with tags the only ones that are drawn. */
const taggedFlag =
  /\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}/gu

/** The text with such a flag for each of its characters, so that all places stay. */
export const withoutTags = (text: string): string => text.replace(taggedFlag, '\u{1f3f4}'.repeat(7))
