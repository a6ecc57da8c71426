import { acceptedSchema, idempotencyKeyHeader, positionHeader, type Accepted } from '@sre-portal/contracts'
import type { z } from 'zod'
import { answerWithin, commandDeadlineMs, questionDeadlineMs } from './answerWithin.ts'
import { ApiError, errorOfAnswer, offlineError } from './apiError.ts'
import type { AwaitedPosition } from './awaitedPosition.ts'
import { sessionEnded } from './refresher.ts'
import type { SessionStore } from './sessionStore.ts'

export type QueryValues = Record<string, string | number | string[] | undefined | null>

export interface QueryCall<T> {
  answer: z.ZodType<T>
  query?: QueryValues
  signal?: AbortSignal
}

export interface CommandCall {
  method?: 'POST' | 'PATCH'
  body?: unknown
  /** Made when the person decides to act, so that pressing twice or trying again is one command. */
  idempotencyKey: string
}

interface Parts {
  sessions: SessionStore
  refresh(refusedToken: string): Promise<string>
  awaited: AwaitedPosition
  fetch: typeof fetch
}

const mostAttempts = 5
const longestBriefWaitMs = 2_000

/** Where a person's other requests are still under way nothing was done, and there is room soon; null for any other answer. */
function briefWaitMs(answer: Response): number | null {
  const seconds = Number(answer.headers.get('Retry-After') ?? NaN)
  return answer.status === 429 && seconds * 1000 <= longestBriefWaitMs ? seconds * 1000 : null
}

function pause(ms: number, signal: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      clearTimeout(timer)
      reject(notAskedAnyMore())
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', leave)
      resolve()
    }, ms)
    if (signal?.aborted) leave()
    else signal?.addEventListener('abort', leave, { once: true })
  })
}

const notAskedAnyMore = () => new DOMException('The question is not asked any more.', 'AbortError')

export type ApiClient = ReturnType<typeof createApiClient>

export function createApiClient({ sessions, refresh, awaited, fetch }: Parts) {
  return { get, getText, command, send, open }

  /** Asks the server to wait, for a moment, until the read model has this client's last command. */
  async function get<T>(path: string, call: QueryCall<T>): Promise<T> {
    const answer = await ask(path + searchOf({ ...call.query, minPosition: awaited.current() }), {
      headers: { Accept: 'application/json' },
      ...(call.signal && { signal: call.signal }),
    })
    awaited.reached(answer.headers.get(positionHeader))
    return read(answer, call.answer)
  }

  async function getText(path: string, query: QueryValues): Promise<string> {
    return (await ask(path + searchOf(query), { headers: { Accept: 'text/plain' } })).text()
  }

  async function command(path: string, call: CommandCall): Promise<Accepted> {
    const isForm = call.body instanceof FormData
    const answer = await send(path, {
      method: call.method ?? 'POST',
      headers: {
        Accept: 'application/json',
        [idempotencyKeyHeader]: call.idempotencyKey,
        ...(!isForm && { 'Content-Type': 'application/json' }),
      },
      body: isForm ? (call.body as FormData) : JSON.stringify(call.body ?? {}),
    })
    const accepted = await read(answer, acceptedSchema)
    awaited.expect(accepted.position)
    return accepted
  }

  /** A question whose session is over waits until the person has signed in again over the page, and is then asked again. */
  async function ask(path: string, init: RequestInit): Promise<Response> {
    for (;;) {
      try {
        return await send(path, init)
      } catch (cause) {
        const ended = cause instanceof ApiError && cause.status === 401 && sessions.read().state === 'ended'
        if (!ended) throw cause
        await whileEnded(sessions, init.signal ?? null)
      }
    }
  }

  /** One request with the bearer token; after a 401 once more with a fresh token, after a 429 that asks for a moment again. Throws ApiError for every answer but 2xx. */
  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const deadlineMs = init.method === undefined ? questionDeadlineMs : commandDeadlineMs
    for (let attempt = 1; ; attempt++) {
      const answer = await open(path, init, deadlineMs)
      const waitMs = attempt < mostAttempts ? briefWaitMs(answer) : null
      if (waitMs === null) {
        if (!answer.ok) throw await errorOfAnswer(answer)
        return answer
      }
      await pause(waitMs, init.signal ?? null)
    }
  }

  /** As `send`, whatever is answered; without a deadline for what goes on, as a stream does. */
  async function open(path: string, init: RequestInit, deadlineMs?: number): Promise<Response> {
    const session = sessions.read()
    if (session.state !== 'open') throw sessionEnded()
    const first = await attempt(path, init, session.accessToken, deadlineMs)
    if (first.status !== 401) return first
    const token = await refresh(session.accessToken)
    const second = await attempt(path, init, token, deadlineMs)
    if (second.status === 401) sessions.end()
    return second
  }

  async function attempt(path: string, init: RequestInit, token: string, deadlineMs?: number) {
    const headers = new Headers(init.headers)
    headers.set('Authorization', `Bearer ${token}`)
    if (deadlineMs !== undefined) return answerWithin(fetch, path, { ...init, headers }, deadlineMs)
    try {
      return await fetch(path, { ...init, headers })
    } catch (cause) {
      if (init.signal?.aborted) throw cause
      throw offlineError()
    }
  }
}

export async function read<T>(answer: Response, schema: z.ZodType<T>): Promise<T> {
  const body: unknown = await answer.json().catch((cause: unknown) => {
    if (cause instanceof SyntaxError) return undefined
    throw cause instanceof DOMException ? cause : offlineError()
  })
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new ApiError({
    code: 'unexpected',
    status: answer.status,
    message: `The server's answer is not as agreed (${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'unreadable'}).`,
    requestId: answer.headers.get('X-Request-Id'),
  })
}

function whileEnded(sessions: SessionStore, signal: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = sessions.onChange(({ state }) => {
      if (state === 'ended') return
      stop()
      resolve()
    })
    const leave = () => {
      stop()
      reject(notAskedAnyMore())
    }
    if (signal?.aborted) leave()
    else signal?.addEventListener('abort', leave)
  })
}

function searchOf(query: QueryValues): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    const text = Array.isArray(value) ? value.join(',') : String(value ?? '')
    if (text !== '') search.set(name, text)
  }
  const text = search.toString()
  return text && `?${text}`
}
