import type { LiveMessage } from '@sre-portal/contracts'
import { defineStore } from 'pinia'
import { onScopeDispose, shallowRef } from 'vue'
import { api } from '../api/api.ts'
import { startLiveStream, type Connection } from './liveStream.ts'

type Listener = (message: LiveMessage) => void

/** The page's one live connection, and who listens to it. */
export const useLiveStore = defineStore('live', () => {
  const connection = shallowRef<Connection>({ state: 'connecting' })
  const listeners = new Set<Listener>()
  let stream: ReturnType<typeof startLiveStream> | null = null

  window.addEventListener('online', () => stream?.retryNow())

  return { connection, start, stop, listen }

  function start() {
    stream ??= startLiveStream({
      open: (headers, signal) => api.open('/api/stream', { headers, signal }),
      onMessage: (message) => {
        for (const listener of listeners) listener(message)
      },
      onConnection: (next) => (connection.value = next),
    })
  }

  function stop() {
    stream?.stop()
    stream = null
    connection.value = { state: 'connecting' }
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
