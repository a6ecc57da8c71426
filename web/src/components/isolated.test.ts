import { expect, it } from 'vitest'
import { isolated } from './isolated.ts'

it.each(['Mara Lindqvist', 'Größe é', '数据', '', '42', 'a 🙂'])('leaves %s as it is', (text) => {
  expect(isolated(text)).toBe(text)
})

it.each(['דנה', 'ab دانا', '\u{1e900}', '#5 \ufe8d'])('isolates %s', (text) => {
  expect(isolated(text)).toBe(`\u2068${text}\u2069`)
})
