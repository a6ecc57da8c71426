import { randomUUID } from 'node:crypto'
import { jsonEvent } from '@eventstore/db-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { directoryStream, operationsStream, type Accepted, type Problem } from '@sre-portal/contracts'
import { contentHashOf } from '@sre-portal/domain'
import { loadDirectory, loadOperations, loadUser } from '@sre-portal/platform/aggregates'
import { handleCommand } from '@sre-portal/platform/commandHandler'
import {
  newCast,
  newUser,
  queryBody,
  startCommandService,
  type Cast,
  type CommandService,
} from './testing/commandService.ts'
import { userIdOf } from './users/userId.ts'

let service: CommandService
let cast: Cast
beforeAll(async () => {
  service = await startCommandService()
  cast = await newCast(service)
})
afterAll(() => service.close())

const metadata = () => ({
  actor: { kind: 'service' as const, name: 'tests' },
  at: new Date().toISOString(),
  correlationId: 'c',
  schemaVersion: 1,
})
const appendAs = (stream: string, type: string) =>
  service.store.client.appendToStream(stream, jsonEvent({ type, data: { odd: true }, metadata: metadata() }))
const headOf = async (stream: string) => {
  const events = []
  for await (const { event } of service.store.client.readStream(stream)) events.push(event?.type)
  return { last: events.at(-1), count: events.length }
}
const send = (method: string, path: string, body: object, token = cast.ada.token) =>
  service.api<Accepted & Problem>(method, path, { token, body })
const submitted = async () => (await send('POST', '/api/requests', queryBody(cast), cast.dana.token)).body.id

/** For each kind of stream, one of it and a command that appends to it. */
const commands: [
  kind: string,
  prepare: () => Promise<{ stream: string; command: () => Promise<{ status: number; body: Problem }> }>,
][] = [
  [
    'a request',
    async () => {
      const id = await submitted()
      const contentHash = contentHashOf('select count(*) from orders')
      return {
        stream: `request-${id}`,
        command: () => send('POST', `/api/requests/${id}/approve`, { contentHash }, cast.grace.token),
      }
    },
  ],
  [
    'a request, rejected',
    async () => {
      const id = await submitted()
      return {
        stream: `request-${id}`,
        command: () =>
          send('POST', `/api/requests/${id}/reject`, { reason: 'Not now, please.' }, cast.grace.token),
      }
    },
  ],
  [
    'a user',
    async () => {
      const { id } = await newUser(service, cast.ada.token, `U${randomUUID().slice(0, 8)}`, 'DEVELOPER')
      return { stream: `user-${id}`, command: () => send('PATCH', `/api/users/${id}`, { name: 'Renamed' }) }
    },
  ],
  [
    'a pod',
    async () => {
      const id = `pod-${randomUUID().slice(0, 8)}`
      await send('POST', '/api/pods', { id, name: 'A pod', managerId: cast.otto.id })
      return { stream: `pod-${id}`, command: () => send('PATCH', `/api/pods/${id}`, { name: 'Renamed' }) }
    },
  ],
  [
    'an instance',
    async () => {
      const { body } = await send('POST', '/api/instances', {
        name: `i-${randomUUID().slice(0, 8)}`,
        engine: 'postgresql',
        environment: 'production',
        endpoint: { kind: 'host', host: '127.0.0.1', port: 5432, tls: false },
        databases: ['orders'],
        username: 'app',
        password: 'the target’s own secret',
      })
      return {
        stream: `instance-${body.id}`,
        command: () => send('PATCH', `/api/instances/${body.id}`, { databases: ['orders', 'more'] }),
      }
    },
  ],
]

describe('a stream whose last event is of the server’s own, as its type says', () => {
  it.each(commands)('takes what is decided on the events before it: %s', async (_kind, prepare) => {
    const { stream, command } = await prepare()
    await appendAs(stream, '$odd')
    const { status } = await command()
    expect(status).toBe(200)
    expect((await headOf(stream)).last).not.toBe('$odd')
    // And so it is in between, and a second time.
    await appendAs(stream, '$odd')
    await appendAs(stream, '$odd')
    expect((await command()).status).toBeLessThan(500)
  })

  it('takes the directory’s and the operations’ next event', async () => {
    await appendAs(directoryStream, '$odd')
    const { revision } = await loadDirectory(service.store)
    expect(revision).toBe((await headOf(directoryStream)).count - 1)
    const bea = await newUser(service, cast.ada.token, 'Bea', 'ADMIN')
    expect((await loadDirectory(service.store)).state.administrators.has(bea.id)).toBe(true)

    await appendAs(operationsStream, '$odd')
    const handled = await handleCommand(service.store, {
      stream: operationsStream,
      load: () => loadOperations(service.store),
      decide: () => [{ type: 'ParkedWorkReplayRequested', data: { parked: 1 } }],
      metadata: metadata(),
      key: 'after an odd one',
    })
    expect([handled.appended, handled.revision]).toEqual([true, 1])
  })
})

describe('a stream whose last event is of a type that this version does not know', () => {
  it.each(commands)('is decided on by nobody, which is told with its name: %s', async (_kind, prepare) => {
    const { stream, command } = await prepare()
    await appendAs(stream, 'SomethingOfALaterVersion')
    const before = await headOf(stream)
    const { status, body } = await command()
    expect([status, body.code]).toEqual([503, 'unavailable'])
    expect(body.detail).toContain(`The history of ${stream} holds an event that this version cannot read`)
    expect(await headOf(stream)).toEqual(before)
  })

  it('takes facts that depend on no state, such as a login', async () => {
    const gus = await newUser(service, cast.ada.token, 'Gus', 'DEVELOPER')
    await appendAs(`access-${gus.id}`, 'SomethingOfALaterVersion')
    await service.signIn(gus.email)
    expect((await headOf(`access-${gus.id}`)).last).toBe('UserLoggedIn')
  })
})

// Last: afterwards nothing that needs the directory works here.
it('a directory with an event of a later version is changed by nobody, and says so', async () => {
  await appendAs(directoryStream, 'SomethingOfALaterVersion')
  const body = { email: 'late@example.org', name: 'Late', role: 'ADMIN', password: 'correct horse battery' }
  const refused = await send('POST', '/api/users', body)
  expect(refused.status).toBe(503)
  expect(refused.body.detail).toContain('The history of directory holds an event')
  expect((await loadUser(service.store, userIdOf(body.email))).state).toBeNull()
  const change = await send('PATCH', `/api/users/${cast.grace.id}`, { role: 'ADMIN' })
  expect(change.status).toBe(503)
  expect((await loadUser(service.store, cast.grace.id)).state?.role).toBe('MANAGER')
  expect((await headOf(directoryStream)).last).toBe('SomethingOfALaterVersion')
})
