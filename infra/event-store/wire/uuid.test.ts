import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { uuidBytes, uuidText } from './uuid.ts'

it('turns text into bytes and back, in either case', () => {
  for (let n = 0; n < 200; n++) {
    const text = randomUUID()
    expect(uuidBytes(text)).toEqual(Buffer.from(text.replaceAll('-', ''), 'hex'))
    expect(uuidText(uuidBytes(text.toUpperCase()))).toBe(text)
  }
})

it.each([
  '',
  '00000000-0000-0000-0000-00000000000',
  '00000000-0000-0000-0000-0000000000000',
  '00000000x0000-0000-0000-000000000000',
  '0000000-00000-0000-0000-000000000000',
  '0000000g-0000-0000-0000-000000000000',
  '0000000é-0000-0000-0000-000000000000',
  '00000000-0000-0000-0000-00000000000\u0130',
  '{0000000-0000-0000-0000-00000000000}',
])('refuses %j', (text) => expect(() => uuidBytes(text)).toThrow(`'${text}' is not a UUID`))
