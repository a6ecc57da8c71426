import type { z } from 'zod'
import { accessEventSchemas } from './access.ts'
import { directoryEventSchemas } from './directory.ts'
import { instanceEventSchemas } from './instance.ts'
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
/** Every event of the product: a closed union, so that the compiler names each place that a new one must be handled in. */
export type DomainEvent = RequestEvent | UserEvent | PodEvent | InstanceEvent | AccessEvent | DirectoryEvent
export type EventType = DomainEvent['type']

/** The schema of each event's data, by type. */
export const eventSchemas = {
  ...requestEventSchemas,
  ...userEventSchemas,
  ...podEventSchemas,
  ...instanceEventSchemas,
  ...accessEventSchemas,
  ...directoryEventSchemas,
} as const satisfies { [T in EventType]: z.ZodType }

/** The categories of streams; a stream's name is `<category>-<id>`, but of `directory` there is only one. */
export const streamCategories = ['request', 'user', 'pod', 'instance', 'access', 'directory'] as const
export type StreamCategory = (typeof streamCategories)[number]

/** Name of the one stream that keeps what must hold across the others. */
export const directoryStream = 'directory'

/** Name of the stream of one aggregate. */
export const streamName = (category: Exclude<StreamCategory, 'directory'>, id: string): string =>
  `${category}-${id}`

/** What the names of the product's streams begin with. */
export const streamPrefixes: readonly string[] = streamCategories.map((category) =>
  category === directoryStream ? directoryStream : `${category}-`,
)

/** Takes a stream's name apart; null when it is not one of the product's streams. */
export function parseStreamName(name: string): { category: StreamCategory; id: string } | null {
  if (name === directoryStream) return { category: directoryStream, id: directoryStream }
  const dash = name.indexOf('-')
  if (dash < 0) return null
  const category = streamCategories.find(
    (known) => known !== directoryStream && known === name.slice(0, dash),
  )
  return category ? { category, id: name.slice(dash + 1) } : null
}

/** True for the name of an event type that this version knows. */
export const isEventType = (type: string): type is EventType => Object.hasOwn(eventSchemas, type)
