import {
  AccessDeniedError,
  eventTypeFilter,
  PersistentSubscriptionDoesNotExistError,
  persistentSubscriptionToAllSettingsFromDefaults,
  START,
  type EventStoreDBClient,
} from '@eventstore/db-client'
import { DomainError } from '@sre-portal/domain'

/** The persistent subscription that all executors share: its name. */
export const executorGroup = 'executors'

// An approval must wait for as long as it takes until an executor is free or the portal's database is back.
const maxRetryCount = 100_000

/** Makes the group of the executors, on all approvals and connection tests. @throws PersistentSubscriptionExistsError */
export async function createExecutorGroup(client: EventStoreDBClient): Promise<void> {
  const settings = persistentSubscriptionToAllSettingsFromDefaults({
    startFrom: START,
    maxRetryCount,
    checkPointLowerBound: 1,
  })
  const filter = eventTypeFilter({ prefixes: ['RequestApproved', 'InstanceTestRequested'] })
  await client.createPersistentSubscriptionToAll(executorGroup, settings, { filter })
}

/** How much is put aside in the group; null when the event store does not say. @throws the client's errors when it can't be reached */
export async function parkedWork(client: EventStoreDBClient): Promise<number | null> {
  try {
    const { stats } = await client.getPersistentSubscriptionToAllInfo(executorGroup)
    return Number(stats.parkedMessageCount)
  } catch (error) {
    if (error instanceof PersistentSubscriptionDoesNotExistError) return 0
    if (error instanceof AccessDeniedError) return null
    throw error
  }
}

/** Puts what is set aside back into the group, to be delivered again. @throws DomainError `conflict` when the event store denies it */
export async function replayParkedWork(client: EventStoreDBClient): Promise<void> {
  try {
    await client.replayParkedMessagesToAll(executorGroup)
  } catch (error) {
    if (!(error instanceof AccessDeniedError)) throw error
    throw new DomainError(
      'conflict',
      "The event store does not let the portal's user replay what is parked: it needs membership of $ops, which an administrator of the event " +
        'store grants (npm run eventstore -- prepare --ops). Nothing was delivered again.',
    )
  }
}
