import { describe, expect, it } from 'vitest'
import { hostsOfUri, parseNetworks, refusalOfAddress, refusalOfEndpoint } from './endpoint.ts'

const none = parseNetworks('')
const host = (name: string, allowed = none) =>
  refusalOfEndpoint('postgresql', { kind: 'host', host: name, port: 5432, tls: true }, allowed)
const uri = (text: string, allowed = none) =>
  refusalOfEndpoint('mongodb', { kind: 'uri', uri: text }, allowed)

describe('A host', () => {
  it.each(['db.example', 'db-1.prod.example.', 'my_db', '10.0.0.5', '192.168.1.1', '2001:db8::1', 'fd12::1'])(
    '%s is taken',
    (name) => expect(host(name)).toBeNull(),
  )

  it.each([
    '127.0.0.1',
    '::1',
    '0.0.0.0',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    'fe80::1%eth0',
    '169.254.169.254',
    'fe80::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    'fd00:c1::a9fe:a9fe',
    '::127.0.0.1',
    '::a9fe:a9fe',
    '::ffff:0:127.0.0.1',
    '::ffff:0:a9fe:a9fe',
    '2002:7f00:1::',
    '2002:a9fe:a9fe::1',
    '64:ff9b:1::a9fe:a9fe',
    '64:ff9b:1:fffe::7f00:1',
    '2001:0:53aa:64c:0:0:5601:5601',
    'fec0::1',
    '100::1',
    '168.63.129.16',
    '100.100.100.200',
    '224.0.0.1',
    '255.255.255.255',
    'localhost',
    'LOCALHOST.',
    'any.localhost',
  ])('%s is refused for where it leads', (name) => expect(host(name)).toMatch(/ is not reached: it is /))

  it.each([
    '/var/run/postgresql',
    '2130706433',
    '0x7f000001',
    '127.1',
    'db.0x1',
    'a b',
    'a..b',
    '-a',
    'a@b',
    'a:5432',
    'db\u0000.example',
    'ｄｂ.example',
  ])('%j is neither a name nor an address', (name) =>
    expect(host(name)).toBe(`"${name}" is neither the name of a host nor an IP address.`),
  )

  it('in an allowed network is taken, and only there', () => {
    const allowed = parseNetworks(' 127.0.0.0/8, ::1/128')
    for (const name of ['127.0.0.1', '::1', '::ffff:127.0.0.1', 'localhost'])
      expect(host(name, allowed)).toBeNull()
    expect(host('169.254.169.254', allowed)).toMatch(/link-local/)
  })
})

describe('A resolved address', () => {
  it('is judged like one that was typed', () => {
    expect(refusalOfAddress('169.254.169.254', none)).toBe(
      '169.254.169.254 is not reached: it is link-local, where clouds keep credentials.',
    )
    expect(refusalOfAddress('93.184.216.34', none)).toBeNull()
  })
})

describe('A URI', () => {
  it.each([
    'mongodb://db.example',
    'mongodb://a.example:27017,b.example:27018/?replicaSet=rs0&tls=true',
    'mongodb://[2001:db8::1]:27017/orders?authSource=admin',
    'mongodb+srv://cluster.example/?retryWrites=false&authMechanism=SCRAM-SHA-256',
  ])('%s is taken', (text) => expect(uri(text)).toBeNull())

  it.each([
    ['mongodb://good.example,169.254.169.254/x', /link-local/],
    ['mongodb://good.example,[::1]:27017/x', /itself/],
    ['mongodb://user:secret@db.example/', /user or password/],
    ['mongodb+srv://c.example/?authMechanism=MONGODB-AWS', /mechanism "MONGODB-AWS"/],
    ['mongodb://db.example/?tlsCAFile=/etc/passwd', /option "tlsCAFile"/],
    ['mongodb://db.example/?proxyHost=evil.example', /option "proxyHost"/],
    ['mongodb://%2Ftmp%2Fmongodb.sock/', /neither the name/],
    ['mongodb://a.example:27017,%2Ftmp%2Fx.sock/', /neither the name/],
    [
      'mongodb://db.example/?authMechanismProperties=ENVIRONMENT:test',
      /"authMechanismProperties" is not allowed/,
    ],
    ['postgres://db.example/', /form mongodb:/],
    ['mongodb:///x', /form mongodb:/],
  ])('%s is refused', (text, reason) => expect(uri(text)).toMatch(reason))

  it('is not for PostgreSQL', () =>
    expect(refusalOfEndpoint('postgresql', { kind: 'uri', uri: 'mongodb://db.example' }, none)).toMatch(
      /Only a MongoDB instance/,
    ))

  it('names its hosts', () =>
    expect(hostsOfUri('mongodb://a.example:1,[::1]:2,b.example/x?y')).toEqual([
      'a.example',
      '::1',
      'b.example',
    ]))
})

describe('Networks', () => {
  it.each(['127.0.0.1', '10.0.0.0/33', 'fd00::/129', 'x/8', '10.0.0.0/8/8', '10.0.0.0/'])(
    '"%s" is none',
    (text) => expect(() => parseNetworks(text)).toThrow(`"${text}" is no network`),
  )
})
