import {
  persistentSubscriptionToStreamSettingsFromDefaults as toStreamSettings,
  START,
  type PersistentSubscriptionToStream,
  type PersistentSubscriptionToStreamInfo,
} from '@eventstore/db-client'
import { eventsUpTo, freshStream, numbers, type Consumption, type TestStore } from './support.ts'

/** Settings of a group that begins at the start and keeps its checkpoint after every event. */
export const eager = {
  startFrom: START,
  checkPointAfter: 1,
  checkPointLowerBound: 1,
  checkPointUpperBound: 1,
} as const

/** Streams with one group each. */
export interface StreamGroups {
  /** Makes a stream with so many events and a group on it; answers the stream's name. */
  group: (count: number, settings?: Parameters<typeof toStreamSettings>[0]) => Promise<string>
  subscribe: (stream: string, bufferSize?: number) => PersistentSubscriptionToStream
  info: (stream: string) => Promise<PersistentSubscriptionToStreamInfo>
}

const name = 'group'

export function streamGroups(store: TestStore): StreamGroups {
  return {
    group: async (count, settings = {}) => {
      const stream = freshStream()
      if (count > 0) await store.client.appendToStream(stream, eventsUpTo(count))
      const all = toStreamSettings({ ...eager, ...settings })
      await store.client.createPersistentSubscriptionToStream(stream, name, all)
      return stream
    },
    subscribe: (stream, bufferSize = 10) =>
      store.client.subscribeToPersistentSubscriptionToStream(stream, name, { bufferSize }),
    info: (stream) => store.client.getPersistentSubscriptionToStreamInfo(stream, name),
  }
}

/** The numbers of the events that a consumer got, each with how often it had been retried. */
export function seen({ deliveries }: Consumption): [unknown, number][] {
  return deliveries.map(({ resolved, retryCount }) => [numbers([resolved])[0], retryCount])
}
