import type { Instance, Request } from '@sre-portal/domain'
import { boundsFor, type ExecutorContext } from '../context.ts'
import { runPostgresQuery } from '../postgres/queryRunner.ts'
import { runPostgresScript } from '../postgres/scriptRunner.ts'
import type { RowSpool } from '../results/rowSpool.ts'
import type { RunControl, RunReport } from '../runControl.ts'
import { postgresTarget, TargetUnusable } from './target.ts'

/** Chooses the runner by the request's engine and kind. */
export async function runOnTarget(
  context: ExecutorContext,
  request: Request,
  instance: Instance,
  spool: RowSpool,
  control: RunControl,
): Promise<RunReport> {
  const applicationName = `sre-portal ${request.id}`
  if (request.engine !== 'postgresql')
    throw new TargetUnusable('This executor does not run MongoDB requests.')
  const target = await postgresTarget(context, instance, request.database)
  const bounds = boundsFor(context, request.limits.timeMs)
  const common = { target, limits: request.limits, bounds, applicationName }
  if (request.kind === 'query')
    return runPostgresQuery({ ...common, content: request.content }, spool, control)
  const refusal = await context.sandbox.refusal()
  if (refusal !== null) throw new TargetUnusable(refusal)
  const job = {
    ...common,
    source: request.content,
    params: { requestId: request.id, database: request.database },
    mode: request.transactionMode,
  }
  const process = context.sandbox.sandbox.take()
  try {
    return await runPostgresScript(job, process, spool, control)
  } finally {
    context.sandbox.sandbox.prepare()
  }
}
