import { randomUUID } from 'node:crypto'
import { Writable } from 'node:stream'
import { START } from '@eventstore/db-client'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  newCast,
  queryBody,
  startCommandService,
  type Cast,
  type CommandService,
} from '@sre-portal/command-service/testing/commandService'
import type { Accepted } from '@sre-portal/contracts'
import { createLog } from '@sre-portal/platform/log'

const secret = `planted-${randomUUID()}`
const logged: string[] = []
let service: CommandService
let cast: Cast
beforeAll(async () => {
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logged.push(chunk.toString())
      done()
    },
  })
  service = await startCommandService({ log: createLog('command-service', 'trace', destination) })
  cast = await newCast(service)
})
afterAll(() => service.close())

it('a planted password is told by nothing', async () => {
  const answers: unknown[] = []
  const send = async (method: string, path: string, body: unknown, token = cast.ada.token) => {
    const answer = await service.api<Accepted>(method, path, { token, body })
    answers.push(answer.body, Object.fromEntries(answer.headers))
    return answer
  }
  const instance = {
    name: 'planted@prod',
    engine: 'postgresql',
    environment: 'production',
    endpoint: { kind: 'host', host: '127.0.0.1', port: 5432, tls: false },
    databases: ['orders'],
    username: 'app',
    password: secret,
  }
  const { status, body } = await send('POST', '/api/instances', instance)
  expect(status).toBe(201)
  const path = `/api/instances/${body.id}`
  const statuses = [
    await send('PATCH', path, { password: secret }),
    await send('PATCH', path, { username: 'other', password: secret }),
    await send('POST', `${path}/test`, {}),
    await send('POST', '/api/instances', instance),
    await send('POST', '/api/instances', { ...instance, engine: 'oracle' }),
    await send('POST', '/api/instances', { ...instance, password: [secret] }),
    await send('POST', '/api/instances', `{"password":"${secret}"`),
    await send('POST', '/api/instances', `{"password":"${secret}","password":1}`),
    await send('PATCH', `/api/users/${cast.dana.id}`, { password: secret }),
    await send('POST', '/api/auth/login', { email: 'dana@example.org', password: secret }),
    await send('POST', '/api/auth/login', { email: 'dana@example.org', password: `${secret}x` }),
    await send('POST', '/api/auth/refresh', { refreshToken: secret }),
    await send('POST', '/api/requests', queryBody(cast), secret),
  ]
  expect(statuses.map(({ status: one }) => one)).toEqual([
    200, 200, 202, 409, 400, 400, 400, 400, 200, 200, 401, 401, 401,
  ])
  expect(JSON.stringify(answers)).not.toContain(secret)

  const events: string[] = []
  const every = service.store.client.readAll({ fromPosition: START })
  for await (const { event } of every)
    if (event) events.push(JSON.stringify([event.data, event.metadata], withBigInts))
  expect(events.length).toBeGreaterThan(10)
  expect(events.filter((event) => event.includes(secret))).toEqual([])

  const rows = await everyRow(service.adminUrl)
  expect(rows.length).toBeGreaterThan(10)
  expect(rows.filter((row) => row.includes(secret))).toEqual([])

  expect(logged.length).toBeGreaterThan(10)
  expect(logged.filter((line) => line.includes(secret))).toEqual([])
})

const withBigInts = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)

/** Each row of each table of the portal's own, as text. */
async function everyRow(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('record', 'read')`,
    )
    const found: string[] = []
    for (const { name } of tables) {
      const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`)
      found.push(...rows.map(({ row }) => row))
    }
    return found
  } finally {
    await client.end()
  }
}
