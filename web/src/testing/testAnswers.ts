import type { Fault, Session } from '@sre-portal/contracts'

/** A session for tests; `mark` tells its tokens from another's. */
export const aSession = (mark: string): Session => ({
  accessToken: `access-${mark}`,
  refreshToken: `refresh-${mark}`,
  user: {
    id: '00000000-0000-4000-8000-000000000001',
    email: 'dana@demo.example',
    name: 'Dana Levi',
    role: 'DEVELOPER',
    managedPods: [],
  },
})

export const json = (body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json', ...headers } })

export const problem = (status: number, code: string, faults?: Fault[]) =>
  new Response(
    JSON.stringify({
      type: 'about:blank',
      title: code,
      status,
      code,
      detail: 'In words.',
      requestId: 'req-1',
      faults,
    }),
    { status, headers: { 'Content-Type': 'application/problem+json' } },
  )

/** A Storage of its own, so that one test never sees another's. */
export function memoryStorage(): Storage {
  const values = new Map<string, string>()
  return {
    get length() {
      return values.size
    },
    key: (index) => [...values.keys()][index] ?? null,
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
    removeItem: (name) => void values.delete(name),
    clear: () => values.clear(),
  }
}
