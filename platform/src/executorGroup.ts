import {
  eventTypeFilter,
  persistentSubscriptionToAllSettingsFromDefaults,
  START,
  type EventStoreDBClient,
} from '@eventstore/db-client'

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
