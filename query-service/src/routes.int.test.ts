import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemSchema } from '@sre-portal/contracts'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { expiredToken, startWorld, type World } from '../test/world.ts'
import { otherQueryRoutes, queryRoutes } from './api/queryRoutes.ts'

let database: MigratedDatabase
let eventStore: Awaited<ReturnType<typeof testEventStore>>
let world: World
beforeAll(async () => {
  database = await migratedDatabase()
  eventStore = await testEventStore()
  world = await startWorld(database.urls, eventStore.connectionString)
})
afterAll(async () => {
  await world.stop()
  await eventStore.close()
  await database.drop()
})

const people = ['dana', 'omar', 'grace', 'miguel', 'noor', 'ada'] as const
const routes = Object.values(queryRoutes)
const pathOf = (path: string) => path.replace('{id}', world.executed)

describe.each(routes)('GET $path', ({ path, answer }) => {
  test.each(people)('answers %s in the form that is described', async (name) => {
    const { status, body, headers } = await world.get(pathOf(path), world[name])
    if (status !== 200) return void expect(problemSchema.strict().parse(body).status).toBe(status)
    expect(answer.schema.parse(body)).toEqual(body)
    expect(BigInt(headers.get('x-position') ?? -1)).toBeGreaterThanOrEqual(world.position)
  })

  test('wants a token, a good one, in the header, of somebody who is still active', async () => {
    const token = world.token(world.ada)
    const refused = async (path: string, authorization: string | null) => {
      const { status, body, headers } = await world.get(
        path,
        null,
        authorization === null ? {} : { authorization },
      )
      expect(headers.get('www-authenticate')).toBe('Bearer')
      return { status, code: problemSchema.parse(body).code }
    }
    const target = pathOf(path)
    const unauthenticated = { status: 401, code: 'unauthenticated' }
    expect(await refused(target, null)).toEqual(unauthenticated)
    expect(await refused(`${target}?token=${token}&access_token=${token}`, null)).toEqual(unauthenticated)
    expect(await refused(target, `Basic ${token}`)).toEqual(unauthenticated)
    expect(await refused(target, `Bearer ${token.slice(0, -3)}abc`)).toEqual(unauthenticated)
    expect(await refused(target, `Bearer ${world.token(world.gone)}`)).toEqual(unauthenticated)
    const nobody = { id: '7a6f4a52-3a5e-4f63-9a3c-0b7a5b0f3d11' }
    expect(await refused(target, `Bearer ${world.token(nobody)}`)).toEqual(unauthenticated)
    expect(await refused(target, `Bearer ${expiredToken(world.ada)}`)).toEqual({
      status: 401,
      code: 'token_expired',
    })
  })

  test.each([
    'unknown=1',
    '__proto__=1',
    'minPosition=1&minPosition=2',
    'minPosition[$ne]=1',
    'minPosition=-1',
  ])('refuses the query %s', async (query) => {
    const { status, body } = await world.get(`${pathOf(path)}?${query}`, world.ada)
    expect(status).toBe(400)
    expect(problemSchema.parse(body).faults?.[0]?.path).toMatch(/^(unknown|__proto__|minPosition)/)
  })
})

test('an object that is not there is not found, whatever its id looks like', async () => {
  for (const id of ['7a6f4a52-3a5e-4f63-9a3c-0b7a5b0f3d11', '12', "x' or 1=1", '%2e%2e', '__proto__'])
    for (const part of ['', '/history', '/result']) {
      const { status } = await world.get(`/api/requests/${id}${part}`, world.ada)
      expect([id, part, status]).toEqual([id, part, 404])
    }
})

test('what is no route is not found, and nothing but GET is answered here', async () => {
  expect((await world.get('/api/nothing', world.ada)).status).toBe(404)
  for (const path of ['/api/requests/1/approve', '/api/requests/1/cancel/', '/api/auth/logout']) {
    const answer = await world.get(path, world.ada)
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  }
  const response = await fetch(`${world.url}/api/requests`, { method: 'POST' })
  expect(response.status).toBe(404)
  expect((await fetch(`${world.url}/api/requests`, { method: 'HEAD' })).status).toBe(401)
})

test('the routes that are no questions to the read models answer whom they are for', async () => {
  expect((await world.get(otherQueryRoutes.openStream.path, null)).status).toBe(401)
  expect((await world.get(`${otherQueryRoutes.readScriptApi.path}?engine=postgresql`, null)).status).toBe(401)
  expect((await world.get(otherQueryRoutes.readScriptApi.path, world.dana)).status).toBe(400)
  const script = await world.get(`${otherQueryRoutes.readScriptApi.path}?engine=postgresql`, world.dana)
  expect(script.headers.get('content-type')).toContain('text/plain')
  expect(script.body).toContain('declare const db')
  for (const { path } of [otherQueryRoutes.readDocs, otherQueryRoutes.readOpenApi])
    expect((await world.get(path, null)).status).toBe(401)
  const docs = await world.get(otherQueryRoutes.readDocs.path, world.dana)
  expect(docs.status).toBe(200)
  expect(docs.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'self'")
  expect(docs.body).not.toContain('<script')
  expect((await world.get(otherQueryRoutes.readDocsStyle.path, null)).headers.get('content-type')).toContain(
    'text/css',
  )
  expect((await world.get(otherQueryRoutes.readOpenApi.path, world.dana)).body).toMatchObject({
    openapi: '3.1.0',
  })
})
