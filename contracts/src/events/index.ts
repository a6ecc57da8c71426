import type { z } from 'zod'
import { accessEventSchemas } from './access.ts'
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
/** Every event of the product: a closed union, so that the compiler names each place that a new one must be handled in. */
export type DomainEvent = RequestEvent | UserEvent | PodEvent | InstanceEvent | AccessEvent
export type EventType = DomainEvent['type']

/** The schema of each event's data, by type. */
export const eventSchemas = {
  ...requestEventSchemas,
  ...userEventSchemas,
  ...podEventSchemas,
  ...instanceEventSchemas,
  ...accessEventSchemas,
} as const satisfies { [T in EventType]: z.ZodType }

/** The categories of streams; a stream's name is `<category>-<id>`. */
export const streamCategories = ['request', 'user', 'pod', 'instance', 'access'] as const
export type StreamCategory = (typeof streamCategories)[number]

/** Name of the stream of one aggregate. */
export const streamName = (category: StreamCategory, id: string): string => `${category}-${id}`

/** Takes a stream's name apart; null when it is not one of the product's streams. */
export function parseStreamName(name: string): { category: StreamCategory; id: string } | null {
  const dash = name.indexOf('-')
  const category = streamCategories.find((known) => known === name.slice(0, dash))
  return category ? { category, id: name.slice(dash + 1) } : null
}

/** True for the name of an event type that this version knows. */
export const isEventType = (type: string): type is EventType => Object.hasOwn(eventSchemas, type)
