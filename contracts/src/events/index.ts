import type { z } from 'zod'
import { accessEventSchemas } from './access.ts'
import { directoryEventSchemas } from './directory.ts'
import { instanceEventSchemas } from './instance.ts'
import { operationsEventSchemas } from './operations.ts'
import { podEventSchemas } from './pod.ts'
import { requestEventSchemas } from './request.ts'
import { userEventSchemas } from './user.ts'

type Schemas = Record<string, z.ZodType>
type EventsOf<S extends Schemas> = { [T in keyof S & string]: { type: T; data: z.infer<S[T]> } }[keyof S &
  string]

export type RequestEvent = EventsOf<typeof requestEventSchemas>
export type UserEvent = EventsOf<typeof userEventSchemas>
export type PodEvent = EventsOf<typeof podEventSchemas>
export type InstanceEvent = EventsOf<typeof instanceEventSchemas>
export type AccessEvent = EventsOf<typeof accessEventSchemas>
export type DirectoryEvent = EventsOf<typeof directoryEventSchemas>
export type OperationsEvent = EventsOf<typeof operationsEventSchemas>
/** Every event of the product: a closed union, so that the compiler names each place that a new one must be handled in. */
export type DomainEvent =
  RequestEvent | UserEvent | PodEvent | InstanceEvent | AccessEvent | DirectoryEvent | OperationsEvent
export type EventType = DomainEvent['type']

/** The schema of each event's data, by type. */
export const eventSchemas = {
  ...requestEventSchemas,
  ...userEventSchemas,
  ...podEventSchemas,
  ...instanceEventSchemas,
  ...accessEventSchemas,
  ...directoryEventSchemas,
  ...operationsEventSchemas,
} as const satisfies { [T in EventType]: z.ZodType }

/** The categories of streams; a stream's name is `<category>-<id>`, but of `directory` and `operations` there is only one each. */
export const streamCategories = [
  'request',
  'user',
  'pod',
  'instance',
  'access',
  'directory',
  'operations',
] as const
export type StreamCategory = (typeof streamCategories)[number]

/** Name of the one stream that keeps what must hold across the others. */
export const directoryStream = 'directory'
/** Name of the one stream that keeps what administrators do to the portal itself. */
export const operationsStream = 'operations'

const singleStreams = [directoryStream, operationsStream] as const
type SingleStream = (typeof singleStreams)[number]
const isSingle = (name: string): name is SingleStream => singleStreams.some((single) => single === name)

/** Name of the stream of one aggregate. */
export const streamName = (category: Exclude<StreamCategory, SingleStream>, id: string): string =>
  `${category}-${id}`

/** What the names of the product's streams begin with. */
export const streamPrefixes: readonly string[] = streamCategories.map((category) =>
  isSingle(category) ? category : `${category}-`,
)

/** Takes a stream's name apart; null when it is not one of the product's streams. */
export function parseStreamName(name: string): { category: StreamCategory; id: string } | null {
  if (isSingle(name)) return { category: name, id: name }
  const dash = name.indexOf('-')
  if (dash < 0) return null
  const category = streamCategories.find((known) => !isSingle(known) && known === name.slice(0, dash))
  return category ? { category, id: name.slice(dash + 1) } : null
}

/** True for the name of an event type that this version knows. */
export const isEventType = (type: string): type is EventType => Object.hasOwn(eventSchemas, type)
