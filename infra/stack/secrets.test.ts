import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseKeyRing } from '@sre-portal/platform/secretBox'
import { loadSecrets } from './secrets.ts'

test('secrets are made once, long enough, different, and readable by their owner alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'))
  const first = loadSecrets(folder)
  expect(loadSecrets(folder)).toEqual(first)
  const passwords = Object.values(first.passwords)
  expect(new Set(passwords).size).toBe(8)
  for (const password of passwords) expect(password).toMatch(/^[\w-]{32}$/)
  expect(readFileSync(first.jwtSecretFile, 'utf8')).toMatch(/^[\w-]{64}$/)
  expect(parseKeyRing(readFileSync(first.credentialKeysFile, 'utf8')).activeKeyId).toBe('k1')
  expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700)
  const files = readdirSync(join(folder, 'secrets'))
  expect(files.sort()).toEqual(['credential-keys', 'jwt-secret', 'passwords.json'])
  for (const file of files) expect(statSync(join(folder, 'secrets', file)).mode & 0o777).toBe(0o600)
  rmSync(folder, { recursive: true })
})
