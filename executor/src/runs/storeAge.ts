import type { ExecutorContext } from '../context.ts'

/** Thrown when the event store is older than what was executed: what it still calls approved may have taken effect. */
export class StoreIsOlder extends Error {
  override readonly name = 'StoreIsOlder'
}

/**
 * Results are kept in PostgreSQL. One of a request that never ran, by its stream, shows that the event store was restored from a copy made
 * before that run.
 * @throws StoreIsOlder
 */
export async function ensureNeverRan(context: ExecutorContext, requestId: string): Promise<void> {
  const { rowCount } = await context.pool.query('select from record.results where request_id = $1', [
    requestId,
  ])
  if (rowCount !== 0)
    throw new StoreIsOlder(
      `the event store is older than what was executed (request ${requestId} has a result, and its stream no run): ` +
        'it was restored from an old copy, and nothing is run from it',
    )
}
