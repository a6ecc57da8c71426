import type { InstanceRow } from '@sre-portal/contracts'
import { expect, it } from 'vitest'
import { formOf, instanceBody, instanceChanges } from './instanceForm.ts'

const instance: InstanceRow = {
  id: 'i',
  name: 'orders-eu',
  engine: 'postgresql',
  environment: 'production',
  databases: ['orders'],
  retired: false,
  revision: 3,
  connection: {
    endpoint: { kind: 'host', host: 'db1', port: 5432, tls: true },
    username: 'app_rw',
    passwordSetAt: '2026-11-01T00:00:00.000Z',
    lastTest: null,
  },
}

it('sends only what was changed, and keeps the password when its field stays empty', () => {
  const form = formOf(instance)
  expect(instanceChanges(form, instance)).toEqual({})
  form.endpoint = { ...form.endpoint, port: 6432 }
  form.databases = ['orders', 'billing']
  expect(instanceChanges(form, instance)).toEqual({
    endpoint: { kind: 'host', host: 'db1', port: 6432, tls: true },
    databases: ['orders', 'billing'],
  })
  expect(instanceChanges({ ...formOf(instance), password: 'new secret' }, instance)).toEqual({
    password: 'new secret',
  })
})

it('sends the chosen way to reach the target only', () => {
  const form = {
    ...formOf(instance),
    endpoint: { kind: 'uri' as const, host: 'db1', port: 1, tls: true, uri: ' mongodb://db1 ' },
  }
  expect(instanceBody(form).endpoint).toEqual({ kind: 'uri', uri: 'mongodb://db1' })
})
