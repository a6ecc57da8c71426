import type { Instance, Request } from '@sre-portal/domain'
import { boundsFor, type ExecutorContext } from '../context.ts'
import { runMongoQuery } from '../mongo/queryRunner.ts'
import { runMongoScript } from '../mongo/scriptRunner.ts'
import { runPostgresQuery } from '../postgres/queryRunner.ts'
import { runPostgresScript } from '../postgres/scriptRunner.ts'
import type { RowSpool } from '../results/rowSpool.ts'
import type { RunControl, RunReport } from '../runControl.ts'
import type { SandboxProcess } from '../sandbox/sandboxProcess.ts'
import { mongoTarget, postgresTarget, TargetUnusable } from './target.ts'

/** Chooses the runner by the request's engine and kind. */
export async function runOnTarget(
  context: ExecutorContext,
  request: Request,
  instance: Instance,
  spool: RowSpool,
  control: RunControl,
): Promise<RunReport> {
  const { limits, content } = request
  const common = { limits, applicationName: `sre-portal ${request.id}` }
  const script = { source: content, params: { requestId: request.id, database: request.database } }
  switch (request.engine) {
    case 'postgresql': {
      const target = await postgresTarget(context, instance, request.database)
      const job = { ...common, target, bounds: boundsFor(context, limits.timeMs) }
      if (request.kind === 'query') return runPostgresQuery({ ...job, content }, spool, control)
      const scriptJob = { ...job, ...script, mode: request.transactionMode }
      return inSandbox(context, (process) => runPostgresScript(scriptJob, process, spool, control))
    }
    case 'mongodb': {
      const target = await mongoTarget(context, instance, request.database)
      const job = { ...common, target, connectTimeoutMs: context.connectTimeoutMs }
      if (request.kind === 'query') return runMongoQuery({ ...job, content }, spool, control)
      return inSandbox(context, (process) => runMongoScript({ ...job, ...script }, process, spool, control))
    }
  }
}

/** Runs in a process of its own, unless this executor's sandbox failed its test. */
async function inSandbox(
  { sandbox }: ExecutorContext,
  run: (process: SandboxProcess) => Promise<RunReport>,
): Promise<RunReport> {
  const refusal = await sandbox.refusal()
  if (refusal !== null) throw new TargetUnusable(refusal)
  try {
    return await run(sandbox.sandbox.take())
  } finally {
    sandbox.sandbox.prepare()
  }
}
