import type { LiveMessage } from '@sre-portal/contracts'
import { defineStore } from 'pinia'
import { onScopeDispose, shallowRef } from 'vue'
import { api } from '../api/api.ts'
import { startLiveStream, type Connection } from './liveStream.ts'

const hiddenForMs = 5_000

type Listener = (message: LiveMessage) => void

/** The page's one live connection, and who listens to it. */
export const useLiveStore = defineStore('live', () => {
  const connection = shallowRef<Connection>({ state: 'connecting' })
  const listeners = new Set<Listener>()
  let stream: ReturnType<typeof startLiveStream> | null = null
  let wanted = false
  let hiding: ReturnType<typeof setTimeout> | undefined

  window.addEventListener('online', () => stream?.retryNow())
  window.addEventListener('offline', () => stream?.dropNow())
  document.addEventListener('visibilitychange', () => followVisibility())

  return { connection, start, stop, listen }

  function start() {
    wanted = true
    // A tab may be opened behind others, and nobody need ever see it.
    if (document.hidden) return
    stream ??= startLiveStream({
      open: (headers, signal) => api.open('/api/stream', { headers, signal }),
      onMessage: (message) => {
        for (const listener of listeners) listener(message)
      },
      onConnection: (next) => (connection.value = next),
    })
  }

  function stop() {
    wanted = false
    disconnect()
  }

  function disconnect() {
    stream?.stop()
    stream = null
    connection.value = { state: 'connecting' }
  }

  /** Browsers allow six connections to a server: a tab that nobody sees gives its own back, and catches up when it is seen. */
  function followVisibility() {
    clearTimeout(hiding)
    if (document.hidden) hiding = setTimeout(disconnect, hiddenForMs)
    else if (wanted && !stream) {
      start()
      for (const listener of listeners) listener({ kind: 'reset', position: '0' })
    }
  }

  function listen(listener: Listener) {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
})

/** Listens for as long as the component lives. */
export function useLiveMessages(listener: Listener) {
  const stopListening = useLiveStore().listen(listener)
  onScopeDispose(stopListening)
}
