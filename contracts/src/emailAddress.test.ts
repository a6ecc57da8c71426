import { expect, it } from 'vitest'
import { registerUserSchema } from './api/admin.ts'

const user = { name: 'Ada', role: 'ADMIN', password: 'long enough to be one' }
const answer = (email: string) => registerUserSchema.safeParse({ ...user, email }).error?.issues[0]?.message

it.each([
  'ada@example.org',
  'Ada.Lovelace+sre@sub.example.org',
  "o'brien_1@example.org",
  '!#$%&*/=?^`{|}~-@example.org',
  'root@localhost',
  ' Ｄana@Example.ORG ',
  'jürgen@müller.example',
  'юлия@почта.example',
  '用户@例子.example',
  'संजय@उदाहरण.example',
  'สมชาย@ตัวอย่าง.example',
  'e\u0301va@example.org',
])('registers %s', (email) => expect(answer(email)).toBeUndefined())

it.each([
  ['a\u2800b@example.org', 'an invisible character: U+2800 at character 2.'],
  ['\ufeffa@example.org', 'an invisible character: U+FEFF at character 1.'],
  ['a@example.org\ufeff', 'an invisible character: U+FEFF at character 14.'],
  [`a${'\ufe0f'.repeat(30)}@example.org`, 'an invisible character: U+FE0F at character 2.'],
  ['a\u3164@example.org', 'an invisible character: U+3164 at character 2.'],
  ['می\u200cخواهم@example.org', "can't hold U+200C at character 3."],
  ['👩@example.org', "can't hold U+1F469 at character 1."],
  ['a\u00a0b@example.org', "can't hold U+00A0 at character 2."],
  ['a b@example.org', "can't hold U+0020 at character 2."],
  ['a@exa mple.org', "can't hold U+0020 at character 6."],
  ['"a"@example.org', "can't hold U+0022 at character 1."],
  ['a,b@example.org', "can't hold U+002C at character 2."],
  ['<a@example.org>', "can't hold U+003C at character 1."],
  ['a@[127.0.0.1]', "can't hold U+005B at character 3."],
  ['a＠b@example.org', "can't hold U+FF20 at character 2."],
  ['a\ufdfa@example.org', "can't hold U+0020 at character 5, once its letters are written apart."],
])('tells of %j what it can’t hold, and where', (email, words) => expect(answer(email)).toContain(words))

it.each([
  'nobody',
  'ab@',
  '@example.org',
  'a@b@example.org',
  '.a@example.org',
  'a.@example.org',
  'a..b@example.org',
  'a@example..org',
  'a@.example',
  'a@example.org.',
  'a@-example.org',
  'a@example-.org',
  'a@example.org-',
  'a@exa_mple.org',
  '\u0301a@example.org',
])('tells of %s how one looks', (email) =>
  expect(answer(email)).toBe('An e-mail address looks like name@company.example.'),
)

it('judges a long one soon', () => {
  const startedAt = performance.now()
  for (const part of ['a', 'a.', 'a-', '@', '.', '-', 'e\u0301', '\u0301'])
    answer(`${part.repeat(25_000)}@${part.repeat(25_000)}`)
  expect(performance.now() - startedAt).toBeLessThan(500)
})
