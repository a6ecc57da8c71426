import { describe, expect, it } from 'vitest'
import { ensureHardToGuess } from './passwordRules.ts'

const owner = { email: 'ada.lovelace@analytical.example', name: 'Ada Lovelace' }
const refusalOf = (password: string) => {
  try {
    ensureHardToGuess(password, owner)
    return null
  } catch (error) {
    return (error as Error).message
  }
}

describe('a password', () => {
  it.each([
    'iloveyou12345',
    'Password1234',
    'passwordpassword',
    'QWERTYUIOP123',
    'qwertyuiop[]',
    '!!!monkey12345!!!',
    'letmeinletmein',
    'sunshine2026!!',
    '123456789012',
    '098765432109',
    'aaaaaaaaaaaa',
    'abcdefghijklm',
    'changeme12345',
    'i love you 1234',
    'ｐａｓｓｗｏｒｄ１２３４',
  ])('is refused when it is tried first: %s', (password) =>
    expect(refusalOf(password)).toMatch(/tried first/),
  )

  it.each([
    'ada.lovelace@analytical.example',
    'AdaLovelace2026!',
    'lovelace-lovelace',
    'analytical1234',
    'Ada.Lovelace.1815',
  ])('is refused when it is made of the address or the name: %s', (password) =>
    expect(refusalOf(password)).toMatch(/own address or name|tried first/),
  )

  it.each([
    'correct horse battery staple',
    'alllowercaseletters quite long',
    'Lovelace wrote the first program',
    'é'.repeat(6) + 'ñandú volador',
    'x7$kQ9!mZ2@p',
    'only-for-the-demo',
  ])('may be anything else, without rules of composition: %s', (password) =>
    expect(refusalOf(password)).toBeNull(),
  )

  it('names the field', () => {
    try {
      ensureHardToGuess('iloveyou12345', owner, 'newPassword')
      expect.unreachable()
    } catch (error) {
      expect((error as { faults: unknown }).faults).toEqual([
        { path: 'newPassword', message: 'is too common' },
      ])
    }
  })
})
