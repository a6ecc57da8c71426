import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  newCast,
  newUser,
  password,
  queryBody,
  startCommandService,
  type Cast,
  type CommandService,
} from '@sre-portal/command-service/testing/commandService'
import { problemSchema, type Accepted } from '@sre-portal/contracts'
import { contentHashOf } from '@sre-portal/domain'
import { commandRoutes } from '@sre-portal/query-service/api/commandRoutes'
import {
  hostileSegments,
  hostileValues,
  isUnprintable,
  placesIn,
  withAt,
  withUnknownField,
} from './hostileValues.ts'

type Operation = keyof typeof commandRoutes

/** Some kilobytes that become 200 MB. */
const bomb = Uint8Array.from(gzipSync(`{"x":"${'x'.repeat(200_000_000)}"}`))

let service: CommandService
let cast: Cast
/** A body of each command that is well formed. */
let bodies: Record<Operation, object>
let ids: Record<'auth' | 'requests' | 'users' | 'pods' | 'instances', string>
beforeAll(async () => {
  service = await startCommandService({
    bounds: { pendingRequests: 100_000, submissionsAMinute: 100_000, instanceTestsAMinute: 100_000 },
  })
  cast = await newCast(service)
  const { token } = cast.ada
  const victim = await newUser(service, token, 'Victim', 'DEVELOPER')
  const { body } = await service.api<Accepted>('POST', '/api/requests', {
    token: cast.dana.token,
    body: queryBody(cast),
  })
  ids = {
    auth: '7a6f4a52-3a5e-4f63-9a3c-0b7a5b0f3d11',
    requests: body.id,
    users: victim.id,
    pods: 'search',
    instances: cast.instanceId,
  }
  const refreshToken = { refreshToken: 'A'.repeat(43) }
  const instance = {
    name: 'billing@prod',
    environment: 'production',
    endpoint: { kind: 'host', host: '127.0.0.1', port: 5432, tls: false },
    databases: ['billing'],
    username: 'app',
    password: 'p-4711',
  }
  bodies = {
    login: { email: 'victim@example.org', password },
    refresh: refreshToken,
    logout: refreshToken,
    endSession: {},
    changePassword: { currentPassword: password, newPassword: 'another long enough password' },
    submitRequest: { ...queryBody(cast), ticket: 'FIN-1', resubmissionOf: body.id },
    approveRequest: { contentHash: contentHashOf('select count(*) from orders') },
    rejectRequest: { reason: 'Not in business hours.' },
    withdrawRequest: {},
    cancelRequest: {},
    settleRequest: { outcome: 'EXECUTED', reason: 'Seen in the table.' },
    registerUser: { email: 'new@example.org', name: 'New', role: 'DEVELOPER', password },
    changeUser: { name: 'Victim', role: 'DEVELOPER', active: true, password },
    confirmUser: { asOf: '1' },
    createPod: { id: 'growth', name: 'Growth', managerId: cast.otto.id },
    changePod: { name: 'Search', managerId: cast.otto.id, deputyIds: [cast.pavel.id] },
    registerInstance: { ...instance, engine: 'postgresql' },
    changeInstance: { ...instance, endpoint: { kind: 'uri', uri: 'mongodb://127.0.0.1/' } },
    testInstance: {},
    replayParked: {},
    readNotifications: { upTo: '1' },
  }
})
afterAll(() => service.close())

const operations = (Object.keys(commandRoutes) as Operation[]).map((operation) => ({
  operation,
  method: commandRoutes[operation].method.toUpperCase(),
  path: commandRoutes[operation].path,
}))
const pathOf = (path: string) => {
  const [, , noun = ''] = path.split('/')
  return path.replace('{id}', ids[noun as keyof typeof ids])
}
const tokenFor = (path: string) =>
  path === '/api/requests'
    ? cast.dana.token
    : path.startsWith('/api/requests/')
      ? cast.grace.token
      : cast.ada.token
const send = async (method: string, path: string, body: unknown, headers: Record<string, string> = {}) => {
  const answer = await service.api<unknown>(method, path, { token: tokenFor(path), body, headers })
  if (answer.status >= 400) problemSchema.parse(answer.body)
  return answer.status
}

/** What becomes of each value, some at a time; attempts at passwords are forgotten, so that none is refused unread. */
async function sendAll<T>(values: readonly T[], one: (value: T) => Promise<[what: unknown, status: number]>) {
  const answers: [unknown, number][] = []
  for (let start = 0; start < values.length; start += 4) {
    await service.pool.query('delete from record.login_attempts')
    answers.push(...(await Promise.all(values.slice(start, start + 4).map(one))))
  }
  return answers
}
const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 200)
/** Passwords may hold what other texts may not; a refused login says nothing about why. */
const takesAnyText = (place: (string | number)[]) => /password/i.test(String(place.at(-1)))

describe.each(operations)('$method $path', ({ operation, method, path }) => {
  it(
    'answers whatever stands in a field of its body, and takes no text with a NUL',
    { timeout: 240_000 },
    async () => {
      const body = bodies[operation]
      const cases = placesIn(body).flatMap((place) => hostileValues.map((value) => ({ place, value })))
      const answers = await sendAll(cases, async ({ place, value }) => {
        const status = await send(method, pathOf(path), withAt(body, place, value))
        const isTaken =
          status < 400 && typeof value === 'string' && isUnprintable(value) && !takesAnyText(place)
        return [[place.join('.'), shown(value), isTaken ? 'was taken' : ''], status]
      })
      expect(answers.filter(([what, status]) => status >= 500 || (what as string[])[2] !== '')).toEqual([])
    },
  )

  it('takes no field that it does not know, at any depth', async () => {
    const foreign: [string, unknown][] = [
      ['role', 'ADMIN'],
      ['requesterId', 'x'],
      ['status', 'APPROVED'],
      ['constructor', { prototype: { polluted: true } }],
      ['isAdmin', true],
    ]
    const known = Object.keys(bodies[operation])
    const cases = foreign
      .filter(([name]) => !known.includes(name))
      .flatMap(([name, value]) => withUnknownField(bodies[operation], name, value))
    const answers = await sendAll(cases, async (body) => [
      shown(body),
      await send(method, pathOf(path), body),
    ])
    expect(answers.filter(([, status]) => status !== 400)).toEqual([])
    const proto = JSON.stringify(bodies[operation])
      .replace(/^\{/, '{"__proto__":{"polluted":true},')
      .replace(',}', '}')
    expect(await send(method, pathOf(path), proto)).toBeGreaterThanOrEqual(400)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('refuses a body that is no object, and what it can not read', async () => {
    const json = { 'content-type': 'application/json' }
    const whole = JSON.stringify(bodies[operation])
    const zipped = { ...json, 'content-encoding': 'gzip' }
    const raw = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) => {
      const response = await fetch(new URL(pathOf(path), service.url), {
        method,
        body,
        headers: { authorization: `Bearer ${tokenFor(path)}`, ...headers },
      })
      const text = await response.text()
      if (response.status >= 400) problemSchema.parse(JSON.parse(text))
      return response.status
    }
    const cases: [string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number[]][] = [
      ['a list', `[${whole}]`, json, [400]],
      ['a number', '1', json, [400]],
      ['half of it', whole.slice(0, -1), json, [400]],
      ['bytes that are no text', Uint8Array.from([123, 34, 255, 254, 34, 125]), json, [400]],
      ['another encoding of text', whole, { 'content-type': 'application/json; charset=utf-7' }, [415]],
      ['no such compression', whole, { ...json, 'content-encoding': 'br2' }, [415]],
      ['what is not compressed', whole, zipped, [400]],
      ['depth', '['.repeat(100_000) + ']'.repeat(100_000), json, [400, 413]],
      ['deep objects', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, json, [400, 413]],
      ['a megabyte and more', JSON.stringify({ x: 'x'.repeat(1_100_000) }), json, [413]],
      ['a bomb', bomb, zipped, [413]],
    ]
    for (const [what, body, headers, expected] of cases) {
      const startedAt = performance.now()
      expect([what, expected.includes(await raw(body, headers))]).toEqual([what, true])
      expect([what, performance.now() - startedAt < 20_000]).toEqual([what, true])
    }
  })
})

it.each(operations.filter(({ path }) => path.includes('{id}')))(
  '$method $path knows nothing by an id that is none',
  async ({ operation, method, path }) => {
    const answers = await sendAll(hostileSegments, async (segment) => [
      segment,
      await send(method, path.replace('{id}', segment), bodies[operation]),
    ])
    expect(answers.filter(([, status]) => ![400, 404].includes(status))).toEqual([])
  },
)

it.each(['x-forwarded-for', 'x-request-id', 'idempotency-key', 'user-agent', 'x-forwarded-proto'])(
  'the header %s may hold anything: it is taken or refused',
  async (name) => {
    const values = [
      "'; drop",
      '1.2.3.4, 5.6.7.8, x',
      '::1%lo',
      '999.1.1.1',
      'x'.repeat(4_000),
      '\u00ff',
      '{}',
      '-1',
    ]
    const answers = await sendAll(values, async (value) => [
      value.slice(0, 50),
      await send('POST', '/api/requests', queryBody(cast), { [name]: value }),
    ])
    expect(answers.filter(([, status]) => ![201, 400].includes(status))).toEqual([])
  },
)

it('an upload may be put together in any way: it is taken or refused in words', async () => {
  const fields = Object.entries(queryBody(cast, { kind: 'script' })).filter(([name]) => name !== 'content')
  const form = (change: (form: FormData) => void) => {
    const made = new FormData()
    for (const [name, value] of fields) made.set(name, String(value))
    made.set('script', new Blob(['return 1']), 'x.js')
    change(made)
    return made
  }
  const forms: [string, FormData, number[]][] = [
    ['as it should be', form(() => undefined), [201]],
    ['a field twice', form((made) => made.append('podId', 'search')), [400]],
    ['two files', form((made) => made.append('script', new Blob(['1']), 'y.js')), [400]],
    ['a file by another name', form((made) => made.append('other', new Blob(['1']), 'y.js')), [400]],
    ['the script as a field', form((made) => made.set('script', 'return 1')), [400]],
    ['no script', form((made) => made.delete('script')), [400]],
    ['a list', form((made) => made.append('comment[]', 'x')), [400]],
    ['a path into a prototype', form((made) => made.append('__proto__[polluted]', 'x')), [400, 201]],
    ['a nested field', form((made) => made.append('constructor[prototype][polluted]', 'x')), [400]],
    ['many fields', form((made) => Array.from({ length: 30 }, (_, at) => made.append(`f${at}`, 'x'))), [400]],
    ['a long field', form((made) => made.set('comment', 'x'.repeat(70_000))), [400]],
    ['a NUL in a field', form((made) => made.set('comment', 'a\0b')), [400]],
    ['a NUL in the name', form((made) => made.set('script', new Blob(['return 1']), 'a\0.js')), [400]],
    ['a path as the name', form((made) => made.set('script', new Blob(['return 1']), '../../x.js')), [201]],
  ]
  for (const [what, body, expected] of forms)
    expect([what, await send('POST', '/api/requests', body)]).toEqual([
      what,
      expect.toSatisfy((status: number) => expected.includes(status)) as number,
    ])
  expect(({} as { polluted?: string }).polluted).toBeUndefined()
  const cut = await fetch(new URL('/api/requests', service.url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${cast.dana.token}`,
      'content-type': 'multipart/form-data; boundary=b',
    },
    body: '--b\r\nContent-Disposition: form-data; name="script"; filename="x.js"\r\n\r\nreturn',
  })
  expect([cut.status, problemSchema.parse(await cut.json()).code]).toEqual([400, 'invalid'])
})
