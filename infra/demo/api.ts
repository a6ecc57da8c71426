import { setTimeout as pause } from 'node:timers/promises'
import { idempotencyKeyHeader, sessionSchema, type Accepted } from '@sre-portal/contracts'
import { z } from 'zod'

/** A signed-in person's view of the API. */
export interface Api {
  get: <T extends z.ZodType>(path: string, schema: T) => Promise<z.infer<T>>
  /** `key` makes it safe to send again after a kill in the middle. */
  send: (method: 'POST' | 'PATCH', path: string, body: object, key: string) => Promise<Accepted>
}

/** Signs in by e-mail address and password, as everybody does. */
export async function signIn(
  address: string,
  email: string,
  password: string,
  signal: AbortSignal,
): Promise<Api> {
  const { accessToken } = sessionSchema.parse(
    await call(`${address}/api/auth/login`, signal, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email, password }),
    }),
  )
  const authorization = { Authorization: `Bearer ${accessToken}` }
  return {
    get: async (path, schema) =>
      schema.parse(await call(`${address}${path}`, signal, { headers: authorization })),
    send: async (method, path, body, key) => {
      const isForm = body instanceof FormData
      const headers = {
        ...authorization,
        [idempotencyKeyHeader]: key,
        ...(!isForm && { 'Content-Type': 'application/json' }),
      }
      const answer = await call(`${address}${path}`, signal, {
        method,
        headers,
        body: isForm ? body : JSON.stringify(body),
      })
      return z.object({ id: z.string(), revision: z.int(), position: z.string() }).parse(answer)
    },
  }
}

async function call(url: string, signal: AbortSignal, init: RequestInit): Promise<unknown> {
  const answer = await fetch(url, { ...init, signal })
  if (answer.ok) return answer.json()
  throw new Error(
    `${init.method ?? 'GET'} ${new URL(url).pathname} answered ${answer.status}: ${await answer.text()}`,
  )
}

/** Asks until the answer is there. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`${what} took more than a minute.`)
    await pause(100, undefined, { signal })
  }
}
