import { operationsStream, type OperationsEvent } from '@sre-portal/contracts'
import { DomainError } from '@sre-portal/domain'
import { loadOperations } from '@sre-portal/platform/aggregates'
import { handleCommand, type Handled } from '@sre-portal/platform/commandHandler'
import { parkedWork, replayParkedWork } from '@sre-portal/platform/executorGroup'
import type { Context } from '../context.ts'
import type { Command } from '../idempotency.ts'

/**
 * Has what is parked in the executors' group delivered again. Who asked, and how much was there, is in the log before anything is done; that
 * it was done is there after it. Sent again under the same key, it does what is still to do. The claim decides what runs: what was begun in the
 * meantime is left, so nothing runs twice.
 */
export async function replayParked({ store }: Context, command: Command): Promise<Handled> {
  const load = () => loadOperations(store)
  const asked = await handleCommand<null, OperationsEvent>(store, {
    stream: operationsStream,
    load,
    decide: async () => [
      { type: 'ParkedWorkReplayRequested', data: { parked: await countParked(store.client) } },
    ],
    ...command,
  })
  const { events } = await load()
  const request = events.find(({ revision }) => revision === asked.revision)
  if (request?.type !== 'ParkedWorkReplayRequested')
    throw new Error('The request to replay is not in the log.')
  const { parked } = request.data
  let isReplayed = false
  return handleCommand<null, OperationsEvent>(store, {
    stream: operationsStream,
    load,
    decide: async () => {
      if (!isReplayed) await replayParkedWork(store.client)
      isReplayed = true
      return [{ type: 'ParkedWorkReplayed', data: { parked } }]
    },
    metadata: { ...command.metadata, causationId: request.id },
    key: `${command.key}:done`,
  })
}

async function countParked(client: Context['store']['client']): Promise<number> {
  const parked = await parkedWork(client)
  if (parked === null)
    throw new DomainError(
      'conflict',
      "The event store does not tell the portal's user what is parked: it needs membership of $ops. Nothing was delivered again.",
    )
  if (parked === 0) throw new DomainError('conflict', 'Nothing is parked; nothing was done.')
  return parked
}
