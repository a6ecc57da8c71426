import express, { type Router } from 'express'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startCommandService, type CommandService } from '@sre-portal/command-service/testing/commandService'
import { commandRoutes } from '@sre-portal/query-service/api/commandRoutes'

const documented = Object.values(commandRoutes)
const mounts: [path: string, router: Router][] = []
let service: CommandService
let adminToken: string
beforeAll(async () => {
  const use = vi.spyOn(express.application, 'use')
  service = await startCommandService()
  for (const [path, router] of use.mock.calls as unknown[][])
    if (typeof path === 'string' && isRouter(router)) mounts.push([path, router])
  use.mockRestore()
  adminToken = (await service.signIn('ada@example.org')).accessToken
})
afterAll(() => service.close())

const isRouter = (handler: unknown): handler is Router => typeof handler === 'function' && 'stack' in handler

/** Every route of the routers that the service's app uses, as Express has registered it. */
const registered = () =>
  mounts.flatMap(([mount, router]) =>
    router.stack.flatMap(({ route }) =>
      (route?.stack ?? []).map(({ method }) => `${method} ${(mount + route?.path).replace(/\/$/, '')}`),
    ),
  )
const asExpress = (path: string) => path.replace(/\{(\w+)\}/g, ':$1')

describe('the commands of the OpenAPI document', () => {
  it('are exactly the routes that the command service has', () => {
    const served = [...new Set(registered())].sort()
    expect(served.length).toBeGreaterThan(10)
    expect(documented.map(({ method, path }) => `${method} ${asExpress(path)}`).sort()).toEqual(served)
  })

  it.each(documented)('$method $path is there, and asks for a token unless it is public', async (route) => {
    const path = route.path.replace(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000')
    const method = route.method.toUpperCase()
    const unsigned = await service.api(method, path, { body: {} })
    expect(unsigned.status).toBe(route.access === 'public' ? 400 : 401)
    const { status, body } = await service.api<{ detail?: string } | undefined>(method, path, {
      token: adminToken,
      body: {},
    })
    expect([status, body?.detail]).not.toEqual([404, `There is no route ${method} ${path}.`])
    expect(status).not.toBe(405)
  })
})
