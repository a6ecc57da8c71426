import { describe, expect, it } from 'vitest'
import { changeInstanceSchema, changePodSchema, changeUserSchema } from './api/admin.ts'
import { rejectSchema, submitQuerySchema } from './api/requests.ts'
import { linesOfText, textFault } from './text.ts'

const id = '00000000-0000-4000-8000-000000000001'
const query = { instanceId: id, database: 'orders', podId: 'payments', kind: 'query', content: 'select 1' }

/** What people type into the fields that others read, by field. */
const fields: [field: string, answer: (text: string) => string | undefined][] = [
  ['comment', (comment) => issue(submitQuerySchema.safeParse({ ...query, comment }))],
  ['ticket', (ticket) => issue(submitQuerySchema.safeParse({ ...query, comment: 'Why', ticket }))],
  ['reason', (text) => issue(rejectSchema.safeParse({ reason: `${text} is what I say.` }))],
  ['name of a user', (name) => issue(changeUserSchema.safeParse({ name }))],
  ['name of a pod', (name) => issue(changePodSchema.safeParse({ name }))],
  ['name of an instance', (name) => issue(changeInstanceSchema.safeParse({ name }))],
]

function issue(parsed: { error?: { issues: { message: string }[] } | undefined }): string | undefined {
  return parsed.error?.issues[0]?.message
}

const honest = [
  ['Persian, with a non-joiner', 'می\u200cخواهم'],
  ['Persian, after a letter that joins nothing', 'کار\u200cها'],
  ['Persian, after a vowel sign', 'خانهٔ\u200cما'],
  ['Persian, an abbreviation', '۱۳۹۹ ه\u200d.ش'],
  ['Arabic', 'مُحَمَّد بن سلمان'],
  ['Urdu', 'محمد اقبالؔ'],
  ['Hebrew', 'דָּוִד בן־גוריון'],
  ['Hindi', 'क्षत्रिय सिंह'],
  ['Hindi, with a non-joiner', 'क्\u200cष'],
  ['Marathi, with a joiner', 'दर्\u200dया'],
  ['Bengali, with a joiner before the virama', 'র\u200d্যাম'],
  ['Malayalam, a chillu at the end', 'അവന്\u200d'],
  ['Sinhala', 'ශ්\u200dරී ලංකා'],
  ['Tamil', 'க்\u200cஷ தமிழ்'],
  ['Khmer', 'សួស្តី ពិភពលោក'],
  ['Burmese', 'မြန်မာ'],
  ['Thai', 'สมชาย ใจดี'],
  ['Lao', 'ສະບາຍດີ'],
  ['Tibetan', 'བཀྲ་ཤིས་'],
  ['Mongolian', 'ᠮᠣᠩᠭᠣᠯ'],
  ['Korean', '김민준'],
  ['Korean, in parts', '김민준'.normalize('NFD')],
  ['Japanese', '渡邊 さくら・ガ'],
  ['Japanese, with a variant of an ideograph', '渡邊\u{e0104}、葛\u{e0100}城'],
  ['Japanese, with a standard variant', '神\ufe00'],
  ['Japanese, with a wide blank', '山田\u3000太郎'],
  ['Vietnamese, in parts', 'Nguyễn'.normalize('NFD')],
  ['Braille, with a blank', '⠓⠑⠇⠇⠕\u2800⠺⠕⠗⠇⠙'],
  ['a family', '👨\u200d👩\u200d👧\u200d👦'],
  ['a couple', '👩\u200d❤\ufe0f\u200d💋\u200d👨'],
  ['an astronaut', '👩🏽\u200d🚀'],
  ['red hair', '🧑🏻\u200d🦰'],
  ['a flag of colours', '🏳\ufe0f\u200d🌈'],
  ['a flag of a country', '🇺🇦'],
  ['the flag of Scotland', '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}'],
  ['a key', '1\ufe0f\u20e3'],
  ['a sign as text', '☎\ufe0e and ☎\ufe0f'],
] as const

const dishonest: [what: string, text: string, character: string, place: number][] = [
  ['thirty variation selectors', `a${'\ufe0f'.repeat(30)}`, 'U+FE0F', 2],
  ['a selector after a letter', 'Pay\ufe00ments', 'U+FE00', 4],
  ['a selector after a digit', 'FIN-1\ufe0f23', 'U+FE0F', 6],
  ['two selectors after an emoji', '❤\ufe0f\ufe0f', 'U+FE0F', 3],
  ['a selector of ideographs after a letter', 'a\u{e0100}b', 'U+E0100', 2],
  ['two selectors after an ideograph', '邊\u{e0104}\u{e0105}', 'U+E0105', 3],
  ['a selector after a blank', 'a \ufe0f b', 'U+FE0F', 3],
  ['a selector that nothing takes', '神\ufe07', 'U+FE07', 2],
  ['a selector after half a family', '👩\u200d\ufe0f👧', 'U+200D', 2],
  ['a mark of byte order before it', '\ufeffab', 'U+FEFF', 1],
  ['a mark of byte order after it', 'ab\ufeff', 'U+FEFF', 3],
  ['a mark of byte order within', 'a\ufeffb', 'U+FEFF', 2],
  ['a mark of byte order before a blank', ' \ufeff ab', 'U+FEFF', 2],
  ['a line separator before it', '\u2028ab', 'U+2028', 1],
  ['a form feed after it', 'ab\f', 'U+000C', 3],
  ['a joiner between Latin letters', 'ad\u200dmin', 'U+200D', 3],
  ['a non-joiner between Latin letters', 'ad\u200cmin', 'U+200C', 3],
  ['a joiner between Korean letters', '김\u200d민', 'U+200D', 2],
  ['two non-joiners in Persian', 'می\u200c\u200cخواهم', 'U+200C', 3],
  ['a non-joiner at the end in Persian', 'می\u200c', 'U+200C', 3],
  ['a non-joiner at the beginning', '\u200cمی', 'U+200C', 1],
  ['a joiner between an emoji and a letter', '👩\u200da', 'U+200D', 2],
  ['two joiners in a family', '👩\u200d\u200d👧', 'U+200D', 2],
  ['tags after a letter', 'a\u{e0068}\u{e0069}', 'U+E0068', 2],
  ['tags of no flag', '🏴\u{e0068}\u{e0069}\u{e007f}', 'U+E0068', 2],
  ['tags after a flag', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}\u{e0041}', 'U+E0041', 8],
  ['a Hangul filler', 'a\u3164b', 'U+3164', 2],
  ['a Hangul filler alone', '\u3164', 'U+3164', 1],
  ['a half-width Hangul filler', 'a\uffa0b', 'U+FFA0', 2],
  ['a leading Hangul filler', '\u115f김', 'U+115F', 1],
  ['a Hangul filler of a vowel', '김\u1160', 'U+1160', 2],
  ['a combining grapheme joiner', 'e\u034f\u0301', 'U+034F', 2],
  ['a Khmer vowel without ink', 'ក\u17b4', 'U+17B4', 2],
  ['another Khmer vowel without ink', 'ក\u17b5', 'U+17B5', 2],
  ['a zero-width space in Khmer', 'សួស្តី\u200bពិភពលោក', 'U+200B', 7],
  ['a selector of Mongolian', 'ᠮ\u180b', 'U+180B', 2],
  ['another selector of Mongolian', 'ᠮ\u180f', 'U+180F', 2],
  ['a blank of Braille between words', 'two\u2800words', 'U+2800', 4],
  ['a blank of Braille alone', '\u2800', 'U+2800', 1],
  ['two blanks of Braille', '⠓\u2800\u2800⠺', 'U+2800', 2],
  ['an object that is not there', 'a\ufffcb', 'U+FFFC', 2],
  ['a note without a head', 'a\u{1d159}', 'U+1D159', 2],
  ['no character at all', 'a\uffff', 'U+FFFF', 2],
  ['an unassigned one that is to be ignored', 'a\u{e0fff}', 'U+E0FFF', 2],
]

describe.each(fields)('a %s', (_field, answer) => {
  it.each(honest)('is taken: %s', (_what, text) => expect(answer(text)).toBeUndefined())

  it.each(dishonest)('is refused with its character and place: %s', (_what, text, character, place) =>
    expect(answer(text)).toContain(
      `${character === 'U+000C' ? 'a control' : 'an invisible'} character: ${character} at character ${place}.`,
    ),
  )
})

it('refuses every character that is to be ignored, next to Latin letters', () => {
  const taken = []
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code)
    if (!/[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u.test(character)) continue
    if (textFault('A name', 'line', `a${character}b`) === null) taken.push(code.toString(16))
  }
  expect(taken).toEqual([])
})

it.each([['\u200d'], ['ه\u200d'], ['👩\u200d'], ['🏴\u{e0067}'], ['\ufeff '], ['⠓\u2800'], ['क्\u200c']])(
  'judges 50,000 of %j within a quarter of a second',
  (part) => {
    const startedAt = performance.now()
    linesOfText('A comment').safeParse(part.repeat(50_000))
    expect(performance.now() - startedAt).toBeLessThan(250)
  },
)
