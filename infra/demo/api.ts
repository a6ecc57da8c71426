import { setTimeout as pause } from 'node:timers/promises'
import { acceptedSchema, idempotencyKeyHeader, sessionSchema, type Accepted } from '@sre-portal/contracts'
import type { z } from 'zod'

/** A signed-in person's view of the API. */
export interface Api {
  get: <T extends z.ZodType>(path: string, schema: T) => Promise<z.infer<T>>
  /** Undefined when it is not there (yet). */
  find: <T extends z.ZodType>(path: string, schema: T) => Promise<z.infer<T> | undefined>
  /** `key` makes it safe to send again after a kill in the middle. */
  send: (method: 'POST' | 'PATCH', path: string, body: object, key: string) => Promise<Accepted>
}

/** Where the API answers: the services themselves, because a gateway's certificate may be made for another name than ours. */
export interface Services {
  commands: string
  queries: string
}

/** Signs in by e-mail address and password, as everybody does. */
export async function signIn(
  services: Services,
  login: { email: string; password: string },
  signal: AbortSignal,
): Promise<Api> {
  const ask = (path: string, headers: Record<string, string>) =>
    fetch(`${services.queries}${path}`, { headers, signal })
  const tell = async (method: string, path: string, headers: Record<string, string>, body: object) => {
    const [type, content] =
      body instanceof FormData ? [{}, body] : [{ 'Content-Type': 'application/json' }, JSON.stringify(body)]
    const init = { method, headers: { ...headers, ...type }, body: content, signal }
    return bodyOf(await fetch(`${services.commands}${path}`, init), `${method} ${path}`)
  }
  const { accessToken } = sessionSchema.parse(await tell('POST', '/api/auth/login', {}, login))
  const headers = { Authorization: `Bearer ${accessToken}` }
  return {
    get: async (path, schema) => schema.parse(await bodyOf(await ask(path, headers), `GET ${path}`)),
    find: async (path, schema) => {
      const answer = await ask(path, headers)
      return answer.status === 404 ? undefined : schema.parse(await bodyOf(answer, `GET ${path}`))
    },
    send: async (method, path, body, key) =>
      acceptedSchema.parse(await tell(method, path, { ...headers, [idempotencyKeyHeader]: key }, body)),
  }
}

async function bodyOf(answer: Response, what: string): Promise<unknown> {
  if (answer.ok) return answer.json()
  throw new Error(`${what} answered ${answer.status}: ${await answer.text()}`)
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
