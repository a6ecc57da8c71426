import { expect, it } from 'vitest'
import { checkExposure, defaultPasswords } from './exposure.ts'

const own = { admin: 'of-admin', ops: 'of-ops' }

it('serves the machine itself as it is told to', () => {
  for (const host of ['127.0.0.1', '127.8.0.1', 'localhost', '::1', '0:0:0:0:0:0:0:1'])
    checkExposure(host, false, defaultPasswords)
})

it('serves other machines with authentication by passwords of their own only', () => {
  for (const host of [
    '0.0.0.0',
    '::',
    '10.0.0.7',
    'db.example',
    '',
    '128.0.0.1',
    '::ffff:10.0.0.7',
    '127.example',
  ]) {
    expect(() => checkExposure(host, false, own)).toThrow(/--require-auth/)
    expect(() => checkExposure(host, true, defaultPasswords)).toThrow(
      /EVENTSTORE_ADMIN_PASSWORD and EVENTSTORE_OPS_PASSWORD/,
    )
    expect(() => checkExposure(host, true, { ...own, ops: 'changeit' })).toThrow(
      /Set EVENTSTORE_OPS_PASSWORD/,
    )
    expect(() => checkExposure(host, true, { ...own, admin: '' })).toThrow(/Set EVENTSTORE_ADMIN_PASSWORD/)
    checkExposure(host, true, own)
  }
})
