import { describe, expect, it } from 'vitest'
import { parseEventStoreAddress, readAuthority } from './eventStoreAddress.ts'

const client = (text: string) => parseEventStoreAddress(text).connectionString

describe('the address of the event store', () => {
  it.each([
    ['esdb://a', 'esdb://a:2113'],
    ['esdb://a:2114/', 'esdb://a:2114'],
    ['esdb://a:2113?tls=false', 'esdb://a:2113?tls=false'],
    ['kurrentdb://a?tls=false', 'esdb://a:2113?tls=false'],
    ['KDB://a', 'esdb://a:2113'],
    ['kurrentdb+discover://a', 'esdb+discover://a:2113?maxDiscoverAttempts=1000'],
    ['esdb://u:p@a?Tls-CA-File=%2Fca.pem', 'esdb://u:p@a:2113?tlsCaFile=%2Fca.pem'],
  ])('%s is told to the client as %s', (text, expected) => expect(client(text)).toBe(expected))

  it('asks all hosts for the members, where the client itself would ask the first only', () =>
    expect(client('esdb+discover://a,b:2114,c')).toBe('esdb://a:2113,b:2114,c:2113?maxDiscoverAttempts=1000'))

  it.each(['esdb+discover://a?maxDiscoverAttempts=3', 'esdb://a,b?max-discover-attempts=3'])(
    'leaves the number of attempts that %s names',
    (text) => expect(client(text)).toMatch(/maxDiscoverAttempts=3$/),
  )

  it.each([
    ['esdb://u:a:b@h', 'a:b'],
    ['esdb://u:a%3Ab%40%2F@h', 'a:b@/'],
    ['esdb://u:a@b@h', 'a@b'],
  ])('keeps every character of the password of %s', (text, password) => {
    const address = parseEventStoreAddress(text)
    expect(address.user).toEqual({ name: 'u', password })
    expect(address.connectionString).toBe(`esdb://u:${encodeURIComponent(password)}@h:2113`)
  })

  it.each([
    ['http://a', /must be esdb:\/\//],
    ['esdb://u:hunter2@', /must be esdb:\/\//],
    ['esdb://u:hunter2@a?tls=maybe', /option tls that is neither true nor false/],
    ['esdb://u:hunter2@a?gossipTimeout=soon', /gossipTimeout that is no number/],
    ['esdb://u:hunter2@a?nodePreference=best', /none of leader/],
    ['esdb://u:hunter2@a?tlsVerifyCert=false', /name the authority with tlsCaFile/],
    ['esdb://u:hunter2@a?colour=red', /option colour, which this client does not know/],
    ['esdb://u:hunter2@a?tls=', /tls without a value/],
    ['esdb://u:hunter2@[::1]:2113', /no name or IPv4 address/],
    ['esdb://u:hunter2@a:99999', /port up to 65535/],
    ['esdb://u:hunter2%@a', /percent-encoded/],
  ])('%s is refused in words that hold no secret', (text, words) => {
    expect(() => parseEventStoreAddress(text)).toThrow(words)
    expect(() => parseEventStoreAddress(text)).not.toThrow(/hunter2/)
  })

  it('names the file of the authority and the variable when it cannot be read', () => {
    expect(() => readAuthority(parseEventStoreAddress('esdb://a?tlsCaFile=/nowhere/ca.pem'))).toThrow(
      'EVENTSTORE_URL: the file that tlsCaFile names, /nowhere/ca.pem, cannot be read (ENOENT).',
    )
    expect(readAuthority(parseEventStoreAddress('esdb://a'))).toBeUndefined()
  })
})
