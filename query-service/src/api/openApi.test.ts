import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { apiRoutes } from '@sre-portal/contracts'
import { errorsOf, openApiDocument } from './openApi.ts'
import { docsPage } from './docsPage.ts'
import { routes } from './routes.ts'

interface Operation {
  operationId?: string
  responses: object
  security: object[]
}
const document = openApiDocument()
const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
  Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({
    route: `${method} ${path}`,
    operation,
  })),
)

describe('the OpenAPI document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(
      JSON.parse(JSON.stringify(document)) as Record<string, unknown>,
    )
    expect(errors).toBeUndefined()
    expect(valid).toBe(true)
    expect(document.openapi).toBe('3.1.0')
  })

  test('and the table of routes name the same routes', () => {
    const table = apiRoutes.map(({ method, path }) => `${method.toLowerCase()} ${path}`)
    expect([...table].sort()).toEqual(operations.map(({ route }) => route).sort())
  })

  test('describes every route once, with its answer and its errors', () => {
    expect(operations.map(({ route }) => route).sort()).toEqual(
      Object.values(routes)
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    )
    for (const { operation } of operations) {
      const route = routes[operation.operationId ?? '']
      if (!route) throw new Error(`${operation.operationId} is no route`)
      expect(Object.keys(operation.responses)).toContain(String(route.answer.status))
      expect(Object.keys(operation.responses).length).toBeGreaterThan(1)
    }
  })

  test('asks for a token wherever a route is not public, and tells of 401 there', () => {
    for (const { operation } of operations) {
      const route = routes[operation.operationId ?? '']
      const isPublic = route?.access === 'public'
      expect([operation.operationId, operation.security]).toEqual([
        operation.operationId,
        isPublic ? [] : [{ bearer: [] }],
      ])
      if (route && !isPublic)
        expect(errorsOf(route)).toEqual(
          expect.arrayContaining(['unauthenticated', 'token_expired', 'throttled']),
        )
    }
  })

  test('names schemas that are never null themselves; what may be null says so where it is used', () => {
    const schemas = (document.components?.schemas ?? {}) as Record<
      string,
      { type?: unknown; properties?: object }
    >
    for (const [name, { type }] of Object.entries(schemas)) expect([name, type]).toEqual([name, 'object'])
    expect(schemas['RequestDetail']?.properties).toMatchObject({
      execution: { anyOf: [{ $ref: '#/components/schemas/Execution' }, { type: 'null' }] },
      requester: { $ref: '#/components/schemas/Person' },
    })
    expect(schemas['Notification']?.properties).toMatchObject({
      by: { anyOf: [{ $ref: '#/components/schemas/Person' }, { type: 'null' }] },
    })
  })

  test('says that commas part the values of a list in a query', () => {
    const list = document.paths?.['/api/requests']?.get?.parameters
    expect(list).toContainEqual(expect.objectContaining({ name: 'status', style: 'form', explode: false }))
  })
})

describe('the page for people', () => {
  const page = docsPage(document)

  test('shows every route and every schema, and needs no script', () => {
    for (const { route } of operations) expect(page).toContain(route.split(' ')[1])
    for (const name of Object.keys(document.components?.schemas ?? {}))
      expect(page).toContain(`id="schema-${name}"`)
    expect(page).not.toMatch(/<script|<[^>]*\s(style|on\w+)=/)
  })

  test('links only to what is on it', () => {
    const anchors = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(anchors).toContain(target)
  })

  test('shows words as words, whatever is in them', () => {
    const evil = { ...document, info: { ...document.info, description: '<img src=x onerror=alert(1)>' } }
    expect(docsPage(evil)).toContain('&lt;img src=x onerror=alert(1)&gt;')
  })
})
