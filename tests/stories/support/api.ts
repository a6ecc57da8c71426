import { randomUUID } from 'node:crypto'
import {
  acceptedSchema,
  idempotencyKeyHeader,
  problemSchema,
  sessionSchema,
  type Accepted,
  type Problem,
  type Session,
} from '@sre-portal/contracts'
import type { z } from 'zod'

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

export interface Refusal {
  status: number
  contentType: string
  problem: Problem
}

/** The API as one person, or without a token as nobody. */
export interface Api {
  get: <T extends z.ZodType>(path: string, schema: T) => Promise<z.infer<T>>
  send: (method: 'POST' | 'PATCH', path: string, body: object, key?: string) => Promise<Accepted>
  /** For what must be refused; fails when it is not. */
  refused: (
    method: Method,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Refusal>
  /** Anything, answered as it is. */
  call: (method: Method, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>
}

export function createApi(address: string, accessToken: string | null): Api {
  const call: Api['call'] = (method, path, body, more) => {
    const headers = new Headers({ Accept: 'application/json' })
    if (accessToken) headers.set('Authorization', `Bearer ${accessToken}`)
    if (method !== 'GET') headers.set(idempotencyKeyHeader, randomUUID())
    const asJson = body !== undefined && typeof body !== 'string' && !(body instanceof FormData)
    if (body !== undefined && !(body instanceof FormData)) headers.set('Content-Type', 'application/json')
    for (const [name, value] of Object.entries(more ?? {})) headers.set(name, value)
    return fetch(address + path, {
      method,
      headers,
      ...(body !== undefined && { body: asJson ? JSON.stringify(body) : body }),
    })
  }
  return {
    call,
    get: async (path, schema) => schema.parse(await bodyOf(await call('GET', path), path)),
    send: async (method, path, body, key) => {
      const answer = await call(method, path, body, key ? { [idempotencyKeyHeader]: key } : {})
      return acceptedSchema.parse(await bodyOf(answer, `${method} ${path}`))
    },
    refused: async (method, path, body, headers) => {
      const answer = await call(method, path, body, headers)
      if (answer.ok) throw new Error(`${method} ${path} was not refused: ${await answer.text()}`)
      return {
        status: answer.status,
        contentType: answer.headers.get('Content-Type') ?? '',
        problem: problemSchema.parse(await answer.json()),
      }
    },
  }
}

/** Signs in by e-mail address and password, as the portal does. */
export async function signIn(
  address: string,
  credentials: { email: string; password: string },
): Promise<Session> {
  const answer = await createApi(address, null).call('POST', '/api/auth/login', credentials)
  return sessionSchema.parse(await bodyOf(answer, `signing in as ${credentials.email}`))
}

async function bodyOf(answer: Response, what: string): Promise<unknown> {
  if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}
