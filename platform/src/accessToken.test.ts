import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { readAccessToken, signAccessToken } from './accessToken.ts'

const someone = { userId: 'dana', sessionId: 'session-1' }

test.each([
  ['plain', 'a secret of thirty-two characters'],
  ['with letters of two bytes', 'ein Geheimnis, länger als nötig wäre'],
  [
    'that looks like a public key',
    generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  ],
  [
    'that looks like a private key',
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  ],
])('a secret is a secret, never taken for a key of another kind: %s', (_what, secret) => {
  const token = signAccessToken(secret, someone, 'token-1')
  expect(readAccessToken(secret, token)).toEqual(someone)
  expect(() => readAccessToken(`${secret} `, token)).toThrow(
    expect.objectContaining({ code: 'unauthenticated' }),
  )
})
