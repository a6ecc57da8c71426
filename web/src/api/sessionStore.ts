import { sessionSchema, sessionUserSchema, type Session, type SessionUser } from '@sre-portal/contracts'
import { z } from 'zod'

const storageKey = 'sre-portal.session'

const storedSchema = z.discriminatedUnion('state', [
  sessionSchema.extend({ state: z.literal('open') }),
  z.object({ state: z.literal('ended'), user: sessionUserSchema }),
])

/** `ended`: it can't be refreshed any more, and the person who was here may sign in again over the page. */
export type SessionState = z.infer<typeof storedSchema> | { state: 'none' }

export interface SessionStore {
  read(): SessionState
  open(session: Session): void
  keepUser(user: SessionUser): void
  end(): void
  clear(): void
  onChange(listener: (state: SessionState) => void): () => void
}

/** The one place that touches the tokens. Other tabs are told by the browser's `storage` event, this one directly. */
export function createSessionStore(storage: Storage, events: Pick<Window, 'addEventListener'>): SessionStore {
  const listeners = new Set<(state: SessionState) => void>()
  const tell = () => {
    const state = read()
    for (const listener of listeners) listener(state)
  }
  const write = (state: SessionState) => {
    if (state.state === 'none') storage.removeItem(storageKey)
    else storage.setItem(storageKey, JSON.stringify(state))
    tell()
  }

  function read(): SessionState {
    const text = storage.getItem(storageKey)
    if (text === null) return { state: 'none' }
    const stored = storedSchema.safeParse(parsed(text))
    return stored.success ? stored.data : { state: 'none' }
  }

  events.addEventListener('storage', (event) => {
    if (event.key === storageKey || event.key === null) tell()
  })

  return {
    read,
    open: (session) => write({ ...session, state: 'open' }),
    keepUser(user) {
      const state = read()
      // Somebody else may have signed in, in another tab, since this was asked.
      if (state.state === 'open' && state.user.id === user.id) write({ ...state, user })
    },
    end() {
      const state = read()
      if (state.state === 'open') write({ state: 'ended', user: state.user })
    },
    clear: () => write({ state: 'none' }),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
