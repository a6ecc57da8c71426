import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import {
  changeInstanceSchema,
  changePodSchema,
  changeUserSchema,
  createPodSchema,
  registerInstanceSchema,
  registerUserSchema,
} from './api/admin.ts'
import { loginSchema } from './api/auth.ts'
import { rejectSchema, settleSchema, submitQuerySchema, submitScriptSchema } from './api/requests.ts'
import { instanceEventSchemas } from './events/instance.ts'
import { requestEventSchemas } from './events/request.ts'
import { userEventSchemas } from './events/user.ts'
import { linesOfText, searchedWords, textFault, visibleLength } from './text.ts'

const controls = [
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index),
].map((code) => String.fromCharCode(code))
const invisible = [
  '\u00ad',
  '\u034f',
  '\u061c',
  '\u115f',
  '\u180e',
  '\u200b',
  '\u200e',
  '\u200f',
  '\u2028',
  '\u2029',
  '\u202a',
  '\u202d',
  '\u202e',
  '\u2060',
  '\u2066',
  '\u2069',
  '\u3164',
  '\ufeff',
  '\uffa0',
  '\ufff9',
  '\u{e0001}',
  '\u{e0041}',
  '\u{1d173}',
]
const id = '00000000-0000-4000-8000-000000000001'
const submission = { instanceId: id, database: 'orders', podId: 'payments', comment: 'Why', ticket: 'F-1' }
const query = { ...submission, kind: 'query', content: 'select 1' }
const settings = {
  name: 'orders@prod',
  environment: 'production',
  endpoint: { kind: 'host', host: 'db', port: 5432, tls: true },
  databases: ['orders'],
  username: 'app',
  password: 'secret',
}
const user = { email: 'a@b.example', name: 'Ada', role: 'ADMIN', password: 'long enough to be one' }
const reason = 'Not this way, please.'

/** Every text of every command: its schema, a good body, where the text is, and whether it may have lines. */
const texts: [name: string, schema: z.ZodType, body: object, path: (string | number)[], lines: boolean][] = [
  ['query comment', submitQuerySchema, query, ['comment'], true],
  ['query ticket', submitQuerySchema, query, ['ticket'], false],
  ['query database', submitQuerySchema, query, ['database'], false],
  ['script comment', submitScriptSchema, { ...submission, kind: 'script' }, ['comment'], true],
  ['script ticket', submitScriptSchema, { ...submission, kind: 'script' }, ['ticket'], false],
  ['rejection', rejectSchema, { reason }, ['reason'], true],
  ['settlement', settleSchema, { outcome: 'FAILED', reason }, ['reason'], true],
  ['new user', registerUserSchema, user, ['name'], false],
  ['new address', registerUserSchema, user, ['email'], false],
  ['changed user', changeUserSchema, { name: 'Ada' }, ['name'], false],
  ['login', loginSchema, { email: 'a@b.example', password: 'x' }, ['email'], false],
  ['new pod', createPodSchema, { id: 'payments', name: 'Payments', managerId: id }, ['name'], false],
  ['changed pod', changePodSchema, { name: 'Payments' }, ['name'], false],
  ...(['name', 'username'] as const).flatMap((field) => [
    instanceText(`new instance's ${field}`, registerInstanceSchema, [field]),
    instanceText(`changed instance's ${field}`, changeInstanceSchema, [field]),
  ]),
  instanceText('host', registerInstanceSchema, ['endpoint', 'host']),
  instanceText('database name', changeInstanceSchema, ['databases', 0]),
  [
    'URI',
    changeInstanceSchema,
    { endpoint: { kind: 'uri', uri: 'mongodb://db' } },
    ['endpoint', 'uri'],
    false,
  ],
]

function instanceText(name: string, schema: z.ZodType, path: (string | number)[]): (typeof texts)[number] {
  const body = schema === registerInstanceSchema ? { ...settings, engine: 'postgresql' } : settings
  return [name, schema, body, path, false]
}

/** A copy with another text put into the middle of the one at the path. */
function withText(body: object, path: (string | number)[], put: string): object {
  const copy = structuredClone(body) as Record<string | number, never>
  const holder = path.slice(0, -1).reduce((part, name) => part[name] ?? part, copy)
  const last = path.at(-1) ?? ''
  const text = String(holder[last])
  holder[last] = `${text.slice(0, 1)}${put}${text.slice(1)}` as never
  return copy
}

describe('a text of a command', () => {
  it.each(texts)(
    '%s: is refused at its field with each control character',
    (_name, schema, body, path, lines) => {
      expect(schema.safeParse(body).error).toBeUndefined()
      const allowed = lines ? ['\t', '\n', '\r'] : []
      for (const control of controls) {
        const { error, success } = schema.safeParse(withText(body, path, control))
        expect([control, success]).toEqual([control, allowed.includes(control)])
        if (!error) continue
        expect(error.issues.map((issue) => issue.path)).toEqual([path])
        const point = `U+${control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
        expect(error.issues[0]?.message).toContain(`can't hold a control character: ${point} at character 2.`)
        expect(error.issues[0]?.message).toMatch(/Only .+ can be used\.$/)
      }
      expect(schema.safeParse(withText(body, path, '\ud800')).error?.issues[0]?.message).toContain(
        "can't hold half a character: U+D800",
      )
      for (const character of invisible) {
        const message = schema.safeParse(withText(body, path, character)).error?.issues[0]?.message ?? ''
        const point = `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`
        expect(message).toContain(`can't hold an invisible character: ${point} at character 2.`)
      }
      const isNewAddress = schema === registerUserSchema && path[0] === 'email'
      for (const letters of ['é漢', 'e\u0301'])
        expect([letters, schema.safeParse(withText(body, path, letters)).success]).toEqual([letters, true])
      for (const sequence of ['🙂', 'می\u200cخواهم', '👩\u200d👧', '❤\ufe0f'])
        expect([sequence, schema.safeParse(withText(body, path, sequence)).success]).toEqual([
          sequence,
          !isNewAddress,
        ])
    },
  )
})

it('says what was wrong and what is allowed', () => {
  expect(textFault('A comment', 'lines', 'one\ntwo\u0007')).toBe(
    "A comment can't hold a control character: U+0007 at character 8. Only text, tabs and line breaks can be used.",
  )
  expect(textFault('A name', 'line', 'one\ntwo')).toBe(
    "A name can't hold a control character: U+000A at character 4. Only one line of text can be used.",
  )
  expect(textFault('A name', 'line', 'Ünïcode 🙂')).toBeNull()
})

it('wants something that can be seen', () => {
  for (const blank of ['\u0301', '\u0301 \u0301'])
    expect(textFault('A comment', 'lines', blank)).toBe('A comment needs a character that can be seen.')
  for (const blank of ['\u2800\u2800', '\u200d\u200c', '\ufe0f'])
    expect(textFault('A comment', 'lines', blank)).toContain('an invisible character: U+')
  expect(submitQuerySchema.safeParse({ ...query, comment: '\u2800' }).success).toBe(false)
  expect(createPodSchema.safeParse({ id: 'payments', name: '\u2800', managerId: id }).success).toBe(false)
  expect(rejectSchema.safeParse({ reason: '\u2800'.repeat(20) }).success).toBe(false)
  expect(rejectSchema.safeParse({ reason: `a${'\u0301'.repeat(20)}` }).success).toBe(false)
  expect(rejectSchema.safeParse({ reason: 'no           no' }).success).toBe(false)
  expect(rejectSchema.safeParse({ reason: 'Not needed' }).success).toBe(true)
  expect(rejectSchema.safeParse({ reason: '使ってはいけないからです' }).success).toBe(true)
})

it('counts what can be seen, a blank between words once', () => {
  expect(visibleLength('  two \n\u2800 words ')).toBe(9)
  expect(visibleLength('e\u0301🙂')).toBe(2)
  expect(visibleLength('\u2800\t')).toBe(0)
})

it('tells places in characters, of which an emoji is one', () => {
  expect(textFault('A name', 'line', '🙂🙂\u202ex')).toContain('U+202E at character 3.')
})

it('lets a search look for what old texts hold, but not for control characters', () => {
  const words = searchedWords('A search')
  expect(words.parse(' \u202e ')).toBe('\u202e')
  expect(words.parse('')).toBe('')
  for (const control of controls.filter((each) => each.trim() !== ''))
    expect([control, words.safeParse(`a${control}b`).success]).toEqual([control, false])
})

it('keeps lines as they were typed, however a form has sent them', () => {
  expect(linesOfText('A comment').parse('  one\r\ntwo\rthree\n\tfour \r\n')).toBe('one\ntwo\nthree\n\tfour')
})

it('leaves events readable that were written before', () => {
  const old = 'bell \u0007 and NEL \u0085'
  expect(requestEventSchemas.RequestRejected.parse({ reason: old })).toEqual({ reason: old })
  expect(userEventSchemas.UserRenamed.parse({ name: old })).toEqual({ name: old })
  const { password: _secret, ...instance } = settings
  const changed = { ...instance, name: old, username: old, databases: [old] }
  const endpoint = { ...settings.endpoint, host: old }
  expect(instanceEventSchemas.InstanceChanged.parse({ ...changed, endpoint })).toEqual({
    ...changed,
    endpoint,
  })
})
