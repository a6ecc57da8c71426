import { parseNetworks } from '@sre-portal/domain'
import { describe, expect, test } from 'vitest'
import { thisMachine } from '../testing/thisMachine.ts'
import { hostsOfUrl, refusalToConnect } from './addressRules.ts'

const strict = { allowed: parseNetworks(''), own: [] }

describe('a resolved address', () => {
  test.each([
    ['169.254.169.254', 'link-local, where clouds keep credentials'],
    ['::ffff:169.254.169.254', 'link-local, where clouds keep credentials'],
    ['64:ff9b::a9fe:a9fe', 'link-local, where clouds keep credentials'],
    ['fe80::1%eth0', 'link-local'],
    ['0.0.0.0', 'the machine of the executor itself'],
    ['ff02::1', 'multicast'],
  ])('%s is refused, in words that do not name it', (address, what) => {
    const words = `The address of this instance is not reached: it is ${what}.`
    expect(refusalToConnect(address, 5432, strict, [])).toBe(words)
    expect(refusalToConnect(address, 5432, thisMachine, [])).toBe(words)
  })

  test.each(['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:7f00:1'])(
    '%s is this machine: refused unless its network is allowed',
    (address) => {
      expect(refusalToConnect(address, 5432, strict, [])).toBe(
        'The address of this instance is not reached: it is the machine of the executor itself.',
      )
      expect(refusalToConnect(address, 5432, thisMachine, [])).toBeNull()
    },
  )

  test.each(['10.0.0.1', '192.168.1.1', '203.0.113.7', '2001:db8::1', 'fd12::1'])(
    '%s may be a target',
    (address) => {
      expect(refusalToConnect(address, 5432, strict, [])).toBeNull()
    },
  )
})

test("the portal's own parts are refused by address and port, unless their network is allowed", () => {
  const own = [
    { host: '10.0.0.5', port: 5432 },
    { host: '::ffff:10.0.0.6', port: 2113 },
  ]
  const words = 'The address of this instance is not reached: it is a part of the portal itself.'
  for (const [address, port] of [
    ['10.0.0.5', 5432],
    ['::ffff:10.0.0.5', 5432],
    ['10.0.0.6', 2113],
    ['10.0.0.5', null],
  ] as const)
    expect(refusalToConnect(address, port, strict, own)).toBe(words)
  expect(refusalToConnect('10.0.0.5', 5433, strict, own)).toBeNull()
  const allowed = { allowed: parseNetworks('10.0.0.5/32'), own: [] }
  expect(refusalToConnect('10.0.0.5', 5432, allowed, own)).toBeNull()
  expect(refusalToConnect('10.0.0.6', 2113, allowed, own)).toBe(words)
})

test('own parts are those of the connection strings', () => {
  expect(hostsOfUrl('postgres://portal_executor:p%40ss@db.internal/portal', 5432)).toEqual([
    { host: 'db.internal', port: 5432 },
  ])
  expect(
    hostsOfUrl('esdb+discover://user:pw@es1.internal:2114,es2.internal,[2001:db8::7]:2115?tls=true', 2113),
  ).toEqual([
    { host: 'es1.internal', port: 2114 },
    { host: 'es2.internal', port: 2113 },
    { host: '2001:db8::7', port: 2115 },
  ])
})
