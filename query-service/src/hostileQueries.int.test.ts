import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemSchema } from '@sre-portal/contracts'
import { hostileSegments, hostileTexts, isUnprintable } from '@sre-portal/tests/security/hostileValues.ts'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { startWorld, type World } from '../test/world.ts'
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

const { readScriptApi, openStream } = otherQueryRoutes
const routes = [...Object.values(queryRoutes), readScriptApi].map(({ path, query }) => ({
  path,
  parameters: Object.keys(query.shape),
}))
const inUrls = hostileTexts.filter((text) => text.length < 10_000 && !/\p{Surrogate}/u.test(text))
/** Half a character can't be written in a URL; these bytes are the next thing to it. */
const more = ['%ed%a0%80', '%ff', '%', '%zz', '+', '%2B', '%26', '%3D']

async function statusOf(path: string, headers: Record<string, string> = {}) {
  const { status, body } = await world.get(path, world.ada, headers)
  if (status >= 400) problemSchema.strict().parse(body)
  return status
}

describe.each(routes)('GET $path', ({ path, parameters }) => {
  const target = () => path.replace('{id}', world.executed)

  test(
    'answers whatever stands in its query, and takes no text with a NUL',
    { timeout: 240_000 },
    async () => {
      const values: [string, boolean][] = [
        ...inUrls.map((text): [string, boolean] => [encodeURIComponent(text), isUnprintable(text)]),
        ...more.map((text): [string, boolean] => [text, false]),
      ]
      const wrong: unknown[] = []
      for (const name of parameters)
        for (const [value, isRefused] of values) {
          const status = await statusOf(`${target()}?${name}=${value}`)
          const expected = isRefused ? [400] : name === 'minPosition' ? [200, 400, 404, 503] : [200, 400, 404]
          if (!expected.includes(status)) wrong.push([name, value, status])
        }
      expect(wrong).toEqual([])
    },
  )

  test('takes no parameter that it does not know', async () => {
    for (const name of ['x', '__proto__', 'constructor', 'limit[]', 'q[$ne]', '%00', 'isAdmin'])
      expect([name, await statusOf(`${target()}?${name}=1`)]).toEqual([name, 400])
  })
})

test.each(routes.filter(({ path }) => path.includes('{id}')))(
  'GET $path finds nothing by an id that is none',
  async ({ path }) => {
    const wrong: unknown[] = []
    for (const segment of hostileSegments) {
      const status = await statusOf(path.replace('{id}', segment))
      if (![400, 404].includes(status)) wrong.push([segment, status])
    }
    expect(wrong).toEqual([])
  },
)

test.each(['', '-1', '1.5', 'x', '9'.repeat(400), '9223372036854775808', '1\u00ff'])(
  'a stream does not go on after "%s"',
  async (id) => {
    const headers = { authorization: `Bearer ${world.token(world.ada)}`, 'last-event-id': id }
    const { status } = await fetch(`${world.url}${openStream.path}`, { method: 'HEAD', headers })
    expect(status).toBe(id === '' ? 200 : 400)
  },
)

test.each(['Bearer', 'Bearer ', 'Bearer a.b.c', `Bearer ${'x'.repeat(8_000)}`, 'bearer \u00ff', 'Bearer {}'])(
  'nobody is signed in by "%s"',
  async (authorization) => {
    const { status } = await world.get('/api/auth/me', null, { authorization })
    expect(status).toBe(401)
  },
)
