import { EventStoreDBClient } from '@eventstore/db-client'
import { parseEventStoreAddress, readAuthority } from './eventStoreAddress.ts'
import { within } from './within.ts'

/** Clients for one event store, one at a time. */
export interface StoreClients {
  /** The present one. @throws Error in words while a file that the address names can't be read */
  current(): EventStoreDBClient
  close(): Promise<void>
}

// The client's own, which its declarations hide: asks which methods the server knows.
interface AsksForFeatures {
  supports: (method: { path: string }, feature?: string) => Promise<boolean>
}

const closingMs = 3_000

/**
 * A client asks its server once for the methods that it knows, and keeps a failure to ask as it keeps the answer: after an outage that
 * was longer than its discovery it could never append or join a group again. When that question fails, the next caller gets a new client.
 */
export function openClients(url: string): StoreClients {
  const address = parseEventStoreAddress(url)
  // Weakly: one without open calls is no use to anybody, and an outage may bring many.
  let earlier: WeakRef<EventStoreDBClient>[] = []
  let present: EventStoreDBClient | null = null

  function open(): EventStoreDBClient {
    readAuthority(address)
    const client = EventStoreDBClient.connectionString(address.connectionString)
    const asking = client as unknown as AsksForFeatures
    const ask = asking.supports
    asking.supports = async (method, feature) => {
      try {
        return await ask(method, feature)
      } catch (error) {
        if (present === client) {
          present = null
          earlier = [...earlier.filter((one) => one.deref()), new WeakRef(client)]
        }
        throw error
      }
    }
    return client
  }

  return {
    current: () => (present ??= open()),
    close: async () => {
      const clients = [present, ...earlier.map((one) => one.deref())].filter((one) => one != null)
      // A call that ended while nobody read it never tells that it has; what is left ends with the process.
      const disposing = Promise.allSettled(clients.map((client) => client.dispose()))
      await within(closingMs, disposing, () => undefined)
    },
  }
}

/** Asks the way that appends and groups need: the connection, and the methods that the server knows. */
export const askForFeatures = (client: EventStoreDBClient): Promise<boolean> =>
  (client as unknown as AsksForFeatures).supports({ path: '/event_store.client.streams.Streams/BatchAppend' })
