import {
  directoryStream,
  operationsStream,
  streamName,
  type DirectoryEvent,
  type InstanceEvent,
  type OperationsEvent,
  type PodEvent,
  type RequestEvent,
  type UserEvent,
} from '@sre-portal/contracts'
import {
  emptyDirectory,
  evolveDirectory,
  evolveInstance,
  evolvePod,
  evolveRequest,
  evolveUser,
  type Directory,
  type Instance,
  type Pod,
  type Request,
  type User,
} from '@sre-portal/domain'
import type { StoredEvent } from './eventCodec.ts'
import type { EventStore } from './eventStore.ts'

/** An aggregate as its stream tells now; `revision` is -1 when the stream does not exist. */
export interface Loaded<S, E extends UserEvent | PodEvent | InstanceEvent | RequestEvent> {
  state: S | null
  revision: number
  events: StoredEvent<E>[]
}

/** Folds `user-<id>`. */
export const loadUser = (store: EventStore, id: string): Promise<Loaded<User, UserEvent>> =>
  load(store, streamName('user', id), (state, event) => evolveUser(state, event))

/** Folds `pod-<id>`. */
export const loadPod = (store: EventStore, id: string): Promise<Loaded<Pod, PodEvent>> =>
  load(store, streamName('pod', id), (state, event) => evolvePod(state, event))

/** Folds `instance-<id>`. */
export const loadInstance = (store: EventStore, id: string): Promise<Loaded<Instance, InstanceEvent>> =>
  load(store, streamName('instance', id), (state, event) => evolveInstance(state, event, event.revision))

/** Folds `request-<id>`. */
export const loadRequest = (store: EventStore, id: string): Promise<Loaded<Request, RequestEvent>> =>
  load(store, streamName('request', id), (state, event) => evolveRequest(state, event))

/** What is in `operations`; nothing is decided on it but whether a command was carried out before. */
export async function loadOperations(store: EventStore) {
  return { state: null, ...(await store.readHistory<OperationsEvent>(operationsStream)) }
}

/** Folds `directory`, which is empty before the first event. */
export async function loadDirectory(store: EventStore): Promise<{ state: Directory; revision: number }> {
  const { events, revision } = await store.readHistory<DirectoryEvent>(directoryStream)
  return { state: events.reduce(evolveDirectory, emptyDirectory), revision }
}

async function load<S, E extends UserEvent | PodEvent | InstanceEvent | RequestEvent>(
  store: EventStore,
  stream: string,
  evolve: (state: S | null, event: StoredEvent<E>) => S | null,
): Promise<Loaded<S, E>> {
  const { events, revision } = await store.readHistory<E>(stream)
  return { state: events.reduce<S | null>(evolve, null), revision, events }
}
