import { describe, expect, it } from 'vitest'
import { parseNetworks } from './instance/endpoint.ts'
import { decideInstance, evolveInstance } from './instance/instance.ts'
import { decidePod } from './pod/pod.ts'
import { ada, dana, grace, orders, otto, pavel, payments } from './testing/sample.ts'
import { canonicalEmail, decideUser, isDemoAddress } from './user/user.ts'

describe('users', () => {
  it('are registered under their canonical address', () =>
    expect(
      decideUser(null, {
        type: 'RegisterUser',
        userId: dana.id,
        email: ' Ｄana@Example.ORG ',
        name: 'Dana',
        role: 'DEVELOPER',
        demo: false,
      }),
    ).toEqual([
      {
        type: 'UserRegistered',
        data: { userId: dana.id, email: 'dana@example.org', name: 'Dana', role: 'DEVELOPER', demo: false },
      },
    ]))

  it('are registered once', () =>
    expect(() =>
      decideUser(dana, {
        type: 'RegisterUser',
        userId: dana.id,
        email: dana.email,
        name: 'D',
        role: 'ADMIN',
        demo: false,
      }),
    ).toThrow('already registered'))

  it('change only in what differs', () => {
    expect(
      decideUser(dana, {
        type: 'ChangeUser',
        name: 'Dana',
        role: 'DEVELOPER',
        active: true,
        passwordChanged: false,
      }),
    ).toEqual([])
    expect(
      decideUser(dana, {
        type: 'ChangeUser',
        name: 'Dana L',
        role: 'MANAGER',
        active: false,
        passwordChanged: true,
      }),
    ).toEqual([
      { type: 'UserRenamed', data: { name: 'Dana L' } },
      { type: 'UserRoleChanged', data: { role: 'MANAGER' } },
      { type: 'UserPasswordChanged', data: {} },
      { type: 'UserDeactivated', data: {} },
    ])
  })

  it('have demonstration addresses only at demo.example', () => {
    expect(isDemoAddress('Dev@Demo.Example')).toBe(true)
    expect(isDemoAddress('dev@notdemo.example')).toBe(false)
    expect(canonicalEmail('A@B')).toBe('a@b')
  })
})

describe('pods', () => {
  it('are created with their manager', () =>
    expect(decidePod(null, { type: 'CreatePod', podId: 'search', name: 'Search', manager: otto })).toEqual([
      { type: 'PodCreated', data: { podId: 'search', name: 'Search' } },
      { type: 'PodManagerAssigned', data: { userId: otto.id } },
    ]))

  it.each([
    [dana, /has the role DEVELOPER/],
    [ada, /has the role ADMIN/],
    [{ ...grace, active: false }, /is deactivated/],
  ])('take no manager who may not decide', (manager, message) =>
    expect(() => decidePod(null, { type: 'CreatePod', podId: 'search', name: 'Search', manager })).toThrow(
      message,
    ),
  )

  it('take a new set of deputies by its difference', () =>
    expect(decidePod(payments, { type: 'ChangePod', deputies: [otto] })).toEqual([
      { type: 'PodDeputyRemoved', data: { userId: pavel.id } },
      { type: 'PodDeputyAdded', data: { userId: otto.id } },
    ]))

  it('make a deputy who becomes manager no deputy any more', () =>
    expect(decidePod(payments, { type: 'ChangePod', manager: pavel })).toEqual([
      { type: 'PodManagerAssigned', data: { userId: pavel.id } },
      { type: 'PodDeputyRemoved', data: { userId: pavel.id } },
    ]))

  it('stay as they are when nothing changes', () =>
    expect(
      decidePod(payments, { type: 'ChangePod', name: 'Payments', manager: grace, deputies: [pavel] }),
    ).toEqual([]))
})

describe('instances', () => {
  const { name, environment, endpoint, databases, username } = orders
  const settings = { name, environment, endpoint, databases, username }
  const allowedNetworks = parseNetworks('')

  it('are registered, and their password’s key is told', () =>
    expect(
      decideInstance(null, {
        type: 'RegisterInstance',
        instanceId: orders.id,
        engine: 'postgresql',
        settings,
        keyId: 'k1',
        allowedNetworks,
      }),
    ).toEqual([
      { type: 'InstanceRegistered', data: { instanceId: orders.id, engine: 'postgresql', ...settings } },
      { type: 'InstanceCredentialsRotated', data: { keyId: 'k1' } },
    ]))

  it('count a new connection, not a new name', () => {
    const renamed = evolveInstance(orders, { type: 'InstanceChanged', data: { ...settings, name: 'o2' } }, 5)
    expect(renamed).toMatchObject({ name: 'o2', connectionRevision: 0 })
    const moved = evolveInstance(
      orders,
      { type: 'InstanceChanged', data: { ...settings, username: 'root' } },
      6,
    )
    expect(moved).toMatchObject({ username: 'root', connectionRevision: 6 })
  })

  it.each([
    ['postgresql', 'mongodb://db', /takes host and port/],
    ['mongodb', 'http://db', /not of the form mongodb/],
    ['mongodb', 'mongodb://me:secret@db', /must not hold a user or password/],
  ] as const)('refuse a URI for %s: %s', (engine, uri, message) =>
    expect(() =>
      decideInstance(null, {
        type: 'RegisterInstance',
        instanceId: orders.id,
        engine,
        settings: { ...settings, endpoint: { kind: 'uri', uri } },
        keyId: 'k1',
        allowedNetworks,
      }),
    ).toThrow(message),
  )

  it('keep an address that is not allowed any more until it is changed', () => {
    const loopback = { kind: 'host', host: '127.0.0.1', port: 5432, tls: false } as const
    const change = { type: 'ChangeInstance', keyId: null, retired: false, allowedNetworks } as const
    const state = { ...orders, endpoint: loopback }
    expect(decideInstance(state, { ...change, settings: { name: 'o2', endpoint: loopback } })).toMatchObject([
      { type: 'InstanceChanged', data: { name: 'o2', endpoint: loopback } },
    ])
    expect(() => decideInstance(orders, { ...change, settings: { endpoint: loopback } })).toThrow(
      '127.0.0.1 is not reached',
    )
  })

  it('are not changed once retired', () =>
    expect(() =>
      decideInstance({ ...orders, retired: true }, { type: 'RequestInstanceTest', testId: orders.id }),
    ).toThrow('is retired'))
})
