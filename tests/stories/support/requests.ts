import { expect, type Page } from '@playwright/test'
import {
  instanceListSchema,
  requestDetailSchema,
  type RequestDetail,
  type RequestStatus,
} from '@sre-portal/contracts'
import type { Api } from './api.ts'

export interface Asked {
  content: string
  comment: string
  instance?: 'demo-primary' | 'demo-replica'
  pod?: string
  /** With it, the content is a script. */
  fileName?: string
  transactionMode?: 'single' | 'per-statement'
}

const over: RequestStatus[] = ['REJECTED', 'WITHDRAWN', 'CANCELLED', 'EXECUTED', 'FAILED', 'UNKNOWN']

export async function instanceId(api: Api, name: string): Promise<string> {
  const { items } = await api.get(`/api/instances?q=${name}`, instanceListSchema)
  const found = items.find((instance) => instance.name === name)
  if (!found) throw new Error(`There is no instance ${name}.`)
  return found.id
}

/** The body that the portal would send. */
export async function bodyOf(api: Api, asked: Asked): Promise<Record<string, unknown> | FormData> {
  const common = {
    instanceId: await instanceId(api, asked.instance ?? 'demo-replica'),
    database: 'demo',
    podId: asked.pod ?? 'aviation',
    comment: asked.comment,
  }
  if (asked.fileName === undefined) return { ...common, kind: 'query', content: asked.content }
  const form = new FormData()
  for (const [name, value] of Object.entries({ ...common, kind: 'script' })) form.set(name, value)
  if (asked.transactionMode) form.set('transactionMode', asked.transactionMode)
  form.set('script', new File([asked.content], asked.fileName, { type: 'text/javascript' }))
  return form
}

/** Submits by the API, for stories that begin after it. */
export async function submit(api: Api, asked: Asked): Promise<RequestDetail> {
  const { id, position } = await api.send('POST', '/api/requests', await bodyOf(api, asked))
  return api.get(`/api/requests/${id}?minPosition=${position}`, requestDetailSchema)
}

export const detail = (api: Api, id: string): Promise<RequestDetail> =>
  api.get(`/api/requests/${id}`, requestDetailSchema)

export async function approve(api: Api, request: RequestDetail): Promise<void> {
  await api.send('POST', `/api/requests/${request.id}/approve`, { contentHash: request.contentHash })
}

/** Waits until nothing more will happen by itself, and answers the request as it is then. */
export async function finished(api: Api, id: string): Promise<RequestDetail> {
  await expect.poll(async () => over.includes((await detail(api, id)).status), { timeout: 60_000 }).toBe(true)
  return detail(api, id)
}

export async function submitAndRun(requester: Api, reviewer: Api, asked: Asked): Promise<RequestDetail> {
  const request = await submit(requester, asked)
  await approve(reviewer, request)
  return finished(requester, request.id)
}

/** The status that a request's page shows. */
export const statusOf = (page: Page) => page.getByRole('main').locator('[data-status]').first()

/** The side bar's card with the buttons, on a wide page. */
export const decision = (page: Page) => page.getByRole('region', { name: 'Decision', exact: true })

/** As many requests as the executor runs at once, of two people, so that the next one stays approved for a while; answers how to end them. */
export async function occupyExecutor(
  developer: Api,
  manager: Api,
  deputy: Api,
): Promise<() => Promise<void>> {
  const places = ['first', 'second', 'third', 'fourth'].map((place, index) => ({
    comment: `Keeps the executor's ${place} place`,
    // One person has all places but one.
    ...(index < 3 ? { requester: developer, reviewer: manager } : { requester: manager, reviewer: deputy }),
  }))
  const running = await Promise.all(
    places.map(async ({ requester, reviewer, comment }) => {
      const request = await submit(requester, { content: 'select pg_sleep(28)', comment })
      await approve(reviewer, request)
      return { requester, id: request.id }
    }),
  )
  await Promise.all(
    running.map(({ requester, id }) => expect.poll(() => statusNow(requester, id)).toBe('EXECUTING')),
  )
  return async () => {
    await Promise.all(
      running.map(({ requester, id }) => requester.send('POST', `/api/requests/${id}/cancel`, {})),
    )
  }
}

const statusNow = async (api: Api, id: string) => (await detail(api, id)).status
