import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '@sre-portal/infra/stack/settings.ts'

const key = Buffer.alloc(32, 7)
/** All that the services need, if nothing were wrong with it; nothing listens at these addresses. */
const environment = {
  NODE_ENV: 'production',
  PORT: '0',
  POSTGRES_URL: 'postgres://127.0.0.1:1/none',
  EVENTSTORE_URL: 'esdb://127.0.0.1:1?tls=false',
  JWT_SECRET: 'a secret of 32 bytes and some more',
  CREDENTIAL_KEYS: `k1:${key.toString('base64')}`,
}

function start(service: string, change: Record<string, string>) {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(repository, service, 'src', 'main.ts')],
    {
      cwd: repository,
      encoding: 'utf8',
      timeout: 60_000,
      env: { PATH: process.env['PATH'], ...environment, ...change },
    },
  )
  return { status, signal, said: stdout + stderr }
}

const example = 'change-me-change-me-change-me-change-me'
const signingServices = ['command-service', 'query-service']
const sealingServices = ['command-service', 'executor']
const keys: [string, Record<string, string>, RegExp][] = [
  [
    'a key of 16 bytes',
    { CREDENTIAL_KEYS: `k1:${Buffer.alloc(16, 7).toString('base64')}` },
    /CREDENTIAL_KEYS|32 bytes/,
  ],
  ['a key in hexadecimal', { CREDENTIAL_KEYS: `k1:${key.toString('hex')}` }, /CREDENTIAL_KEYS|32 bytes|key/],
  ['no key', { CREDENTIAL_KEYS: '' }, /CREDENTIAL_KEYS/],
]
const cases: [string, string, Record<string, string>, RegExp][] = [
  ...signingServices.flatMap((service): [string, string, Record<string, string>, RegExp][] => [
    [service, 'a short signing key', { JWT_SECRET: 'short' }, /JWT_SECRET: must have at least 32 bytes/],
    [
      service,
      'the signing key of the example',
      { JWT_SECRET: example },
      /JWT_SECRET: is the value of the example/,
    ],
    [service, 'no signing key', { JWT_SECRET: '' }, /JWT_SECRET: is missing/],
  ]),
  ...sealingServices.flatMap((service) =>
    keys.map(([what, change, words]): [string, string, Record<string, string>, RegExp] => [
      service,
      what,
      change,
      words,
    ]),
  ),
  ['command-service', 'cheap hashes of passwords', { BCRYPT_COST: '11' }, /BCRYPT_COST below 12/],
]

describe('in production', () => {
  it.each(cases)('the %s does not start with %s', { timeout: 120_000 }, (service, _what, change, words) => {
    const { status, signal, said } = start(service, change)
    expect([status, signal]).toEqual([1, null])
    expect(said).toMatch(words)
    for (const secret of Object.values(change).filter((value) => value.length > 20))
      expect(said).not.toContain(secret)
  })
})
