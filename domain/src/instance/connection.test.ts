import { describe, expect, it } from 'vitest'
import type { Endpoint } from '@sre-portal/contracts'
import { orders } from '../testing/sample.ts'
import { canonicalConnection } from './connection.ts'
import { parseNetworks, refusalOfEndpoint } from './endpoint.ts'
import { decideInstance } from './instance.ts'

const host = (change: object = {}): Endpoint => ({
  ...{ kind: 'host', host: 'db.example.org', port: 5432, tls: true },
  ...change,
})
const uri = (text: string): Endpoint => ({ kind: 'uri', uri: text })
const networks = parseNetworks('127.0.0.0/8')
const change =
  (settings: object, keyId: string | null, instance = orders) =>
  () =>
    decideInstance(instance, {
      type: 'ChangeInstance',
      settings,
      keyId,
      retired: false,
      allowedNetworks: networks,
    })

describe('a changed connection', () => {
  it.each<[string, object]>([
    ['host', { endpoint: host({ host: 'evil.example.net' }) }],
    ['port', { endpoint: host({ port: 6432 }) }],
    ['TLS', { endpoint: host({ tls: false }) }],
    ['user name', { username: 'root' }],
  ])('wants the password typed again: %s', (_name, settings) => {
    expect(change(settings, null)).toThrow('Type the password again')
    expect(change(settings, 'k1')()).toMatchObject([
      { type: 'InstanceChanged' },
      { type: 'InstanceCredentialsRotated', data: { keyId: 'k1' } },
    ])
  })

  it('names the field that is missing', () => {
    try {
      change({ username: 'root' }, null)()
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({
        code: 'unprocessable',
        faults: [{ path: 'password', message: 'Type the password again.' }],
      })
    }
  })

  const mongo = {
    ...orders,
    engine: 'mongodb' as const,
    endpoint: uri('mongodb://a,b/?replicaSet=rs&tls=true'),
  }
  it.each([
    ['a server more', 'mongodb://a,b,c/?replicaSet=rs&tls=true'],
    ['another port', 'mongodb://a,b:27018/?replicaSet=rs&tls=true'],
    ['no TLS', 'mongodb://a,b/?replicaSet=rs&tls=false'],
    ['another mechanism', 'mongodb://a,b/?replicaSet=rs&tls=true&authMechanism=PLAIN'],
    ['another place of users', 'mongodb://a,b/?replicaSet=rs&tls=true&authSource=admin'],
    ['names by DNS', 'mongodb+srv://a/?replicaSet=rs&tls=true'],
  ])('wants it for a URI too: %s', (_name, text) =>
    expect(change({ endpoint: uri(text) }, null, mongo)).toThrow('Type the password again'),
  )

  it.each<[string, object, typeof orders]>([
    ['the name', { name: 'orders@eu' }, orders],
    ['the databases', { databases: ['orders', 'invoices'] }, orders],
    ['the way the host is written', { endpoint: host({ host: 'DB.Example.org.' }) }, orders],
    ['the way a URI is written', { endpoint: uri('mongodb://B:27017,a/?tls=true&replicaset=rs') }, mongo],
    ['nothing', { endpoint: host() }, orders],
  ])('keeps the password when only %s changes', (_name, settings, instance) =>
    expect(change(settings, null, instance)).not.toThrow(),
  )

  it('needs none where no login is sent, and one as soon as one is', () => {
    const open = { ...mongo, username: '' }
    expect(change({ endpoint: uri('mongodb://c/') }, null, open)).not.toThrow()
    expect(change({ username: 'app' }, null, open)).toThrow('Type the password again')
  })
})

describe('the canonical connection', () => {
  const of = (endpoint: Endpoint) => canonicalConnection({ engine: 'postgresql', endpoint, username: 'app' })
  it.each([
    [host({ host: '127.0.0.1' }), host({ host: '::ffff:127.0.0.1' })],
    [host({ host: 'fd00::1' }), host({ host: 'FD00:0:0::1' })],
    [uri('mongodb://h/db'), uri('mongodb://H:27017/db')],
  ])('is the same for the same place', (one, other) => expect(of(one)).toBe(of(other)))

  it.each([
    [host({ host: 'a' }), host({ host: 'a.' + 'b' })],
    [uri('mongodb://h/db'), uri('mongodb://h/other')],
    [uri('mongodb://h/?a=1'), uri('mongodb://h/?a=2')],
    [uri('not a uri'), uri('not a uri either')],
  ])('differs for another', (one, other) => expect(of(one)).not.toBe(of(other)))
})

describe('the mechanism PLAIN', () => {
  it.each([
    'mongodb://db/?authMechanism=PLAIN',
    'mongodb://db/?authMechanism=PLAIN&tls=false',
    'mongodb://db/?AUTHMECHANISM=plain&ssl=false',
    'mongodb://db/?authMechanism=PLAIN&tls=true&ssl=false',
    'mongodb+srv://db/?authMechanism=PLAIN&tls=false',
  ])('is refused without TLS: %s', (text) =>
    expect(refusalOfEndpoint('mongodb', uri(text), networks)).toMatch('over verified TLS only'),
  )

  it.each(['mongodb://db/?authMechanism=PLAIN&tls=true', 'mongodb+srv://db/?authMechanism=PLAIN'])(
    'is allowed over TLS: %s',
    (text) => expect(refusalOfEndpoint('mongodb', uri(text), networks)).toBeNull(),
  )
})
