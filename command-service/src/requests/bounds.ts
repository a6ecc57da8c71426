import { loadRequest } from '@sre-portal/platform/aggregates'
import { Throttled } from '@sre-portal/platform/http/problem'
import { inTransaction, type Connection } from '@sre-portal/platform/postgres'
import type { Context } from '../context.ts'
import { createLimiter } from '../limiter.ts'

/** What one person may put on everybody's desk. */
export interface SubmissionBounds {
  /** Asks nobody: only whether this person has met the limit of this minute already. @throws Throttled */
  ensureMaySubmit(userId: string): void
  /** Counts one submission of this minute, before it is read. @throws Throttled */
  countSubmission(userId: string): Promise<void>
  /** Counts a request as pending before it is submitted. @throws Throttled when too many wait already */
  admit(userId: string, requestId: string): Promise<void>
  /** The request no longer waits, or was never submitted. */
  settled(requestId: string): Promise<void>
}

const retryAfterSeconds = 60
const submittingSeconds = 60

/** Counted in a table of our own, because the read models are another service's; where it is full, the streams are asked. */
export function createSubmissionBounds(context: Context): SubmissionBounds {
  const { pool, bounds } = context
  const rate = createLimiter(pool, 'throttles', {
    prefix: 'submissions',
    points: bounds.submissionsAMinute,
    seconds: 60,
    remembersRefused: true,
  })

  const add = (userId: string, requestId: string) =>
    inTransaction(pool, async (connection) => {
      await connection.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`pending ${userId}`])
      if ((await countPending(connection, userId)) >= bounds.pendingRequests) return false
      await connection.query(
        'insert into record.pending_requests (request_id, user_id) values ($1, $2) on conflict do nothing',
        [requestId, userId],
      )
      return true
    })

  return {
    ensureMaySubmit: (userId) => rate.ensureNotRefused(userId),
    countSubmission: (userId) => rate.take(userId),
    admit: async (userId, requestId) => {
      if (await add(userId, requestId)) return
      await forgetSettled(context, userId)
      if (await add(userId, requestId)) return
      throw new Throttled(
        retryAfterSeconds,
        `You have ${bounds.pendingRequests} requests that wait for a decision, and more may not. Withdraw some, or wait for decisions. Nothing was submitted.`,
      )
    },
    settled: async (requestId) => {
      await pool.query('delete from record.pending_requests where request_id = $1', [requestId])
    },
  }
}

async function countPending(connection: Connection, userId: string): Promise<number> {
  const { rows } = await connection.query<{ pending: number }>(
    'select count(*)::int as pending from record.pending_requests where user_id = $1',
    [userId],
  )
  return rows[0]?.pending ?? 0
}

// A service that died between the row and the event, or between a decision and the row, leaves a row that counts nothing.
async function forgetSettled({ pool, store }: Context, userId: string): Promise<void> {
  const { rows } = await pool.query<{ request_id: string; recent: boolean }>(
    `select request_id, submitted_at > now() - make_interval(secs => $2) as recent
     from record.pending_requests where user_id = $1`,
    [userId, submittingSeconds],
  )
  for (const { request_id: id, recent } of rows) {
    const { state } = await loadRequest(store, id)
    if (state ? state.status !== 'PENDING' : !recent)
      await pool.query('delete from record.pending_requests where request_id = $1', [id])
  }
}
