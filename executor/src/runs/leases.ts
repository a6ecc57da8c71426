import type { ExecutorContext } from '../context.ts'

/** A run whose executor is gone: its lease has run out. */
export interface ExpiredLease {
  executionId: string
  requestId: string
}

const renewalsPerLease = 4
const marginPart = 0.25

/**
 * The right to run one execution, renewed while the run goes on. Only PostgreSQL's clock decides when it has run out; this process
 * measures with its own monotonic clock, and gives up earlier.
 */
export class Lease {
  readonly executionId: string
  readonly #context: ExecutorContext
  readonly #onLost: () => void
  #timer: NodeJS.Timeout | null = null
  #validUntil: number
  #lost = false

  private constructor(context: ExecutorContext, executionId: string, began: number, onLost: () => void) {
    this.#context = context
    this.executionId = executionId
    this.#onLost = onLost
    this.#validUntil = began + context.leaseMs * (1 - marginPart)
  }

  /** Takes a lease for a run that has not been claimed yet. */
  static async take(
    context: ExecutorContext,
    run: { executionId: string; requestId: string },
    onLost: () => void,
  ): Promise<Lease> {
    const began = performance.now()
    await context.pool.query(
      `insert into record.execution_leases (execution_id, request_id, executor_id, expires_at)
       values ($1, $2, $3, now() + make_interval(secs => $4))`,
      [run.executionId, run.requestId, context.ownerId, context.leaseMs / 1000],
    )
    const lease = new Lease(context, run.executionId, began, onLost)
    lease.#timer = setInterval(() => void lease.#renew(), context.leaseMs / renewalsPerLease)
    return lease
  }

  /** True while this process can be sure that nobody has taken the run over. */
  get isHeld(): boolean {
    return !this.#lost && performance.now() < this.#validUntil
  }

  /** Ends the renewal and removes the lease. */
  async release(): Promise<void> {
    this.stopRenewing()
    await this.#context.pool
      .query('delete from record.execution_leases where execution_id = $1 and executor_id = $2', [
        this.executionId,
        this.#context.ownerId,
      ])
      .catch((error: unknown) => this.#context.log.warn({ err: error }, 'a lease was left to run out'))
  }

  stopRenewing(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
  }

  async #renew(): Promise<void> {
    if (!this.isHeld) {
      this.#lose()
      return
    }
    const began = performance.now()
    try {
      const { rowCount } = await this.#context.pool.query(
        `update record.execution_leases set renewed_at = now(), expires_at = now() + make_interval(secs => $3)
         where execution_id = $1 and executor_id = $2 and expires_at > now()`,
        [this.executionId, this.#context.ownerId, this.#context.leaseMs / 1000],
      )
      if (rowCount === 1) this.#validUntil = began + this.#context.leaseMs * (1 - marginPart)
      else this.#lose()
    } catch (error) {
      this.#context.log.warn({ err: error }, 'a lease could not be renewed')
    }
  }

  #lose(): void {
    if (this.#lost) return
    this.#lost = true
    this.stopRenewing()
    this.#onLost()
  }
}

/**
 * Takes over what has run out, for a while; nobody else recovers the same runs meanwhile. The owner's name is another than that of runs: a run
 * of this very process that comes to late must not take the recovery's lease for its own.
 */
export async function takeOverExpired(context: ExecutorContext): Promise<ExpiredLease[]> {
  const { rows } = await context.pool.query<{ execution_id: string; request_id: string }>(
    `update record.execution_leases set executor_id = $1, renewed_at = now(), expires_at = now() + make_interval(secs => $2)
     where execution_id in (select execution_id from record.execution_leases where expires_at < now() for update skip locked)
     returning execution_id, request_id`,
    [`${context.ownerId}/recovery`, context.leaseMs / 1000],
  )
  return rows.map((row) => ({ executionId: row.execution_id, requestId: row.request_id }))
}

/** Removes the lease of a run that has its outcome. */
export async function removeLease(context: ExecutorContext, executionId: string): Promise<void> {
  await context.pool.query('delete from record.execution_leases where execution_id = $1', [executionId])
}
