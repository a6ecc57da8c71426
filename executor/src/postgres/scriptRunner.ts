import { plainError } from '@sre-portal/analysis/plainError'
import type { ExecutionLimits, TransactionMode } from '@sre-portal/contracts'
import type { RowSpool } from '../results/rowSpool.ts'
import type { RunControl, RunReport } from '../runControl.ts'
import type { SandboxProcess } from '../sandbox/sandboxProcess.ts'
import { runScript } from '../sandbox/scriptRun.ts'
import { TargetUnreachable } from './databaseError.ts'
import { PostgresScriptDatabase } from './scriptDatabase.ts'
import { PostgresSession } from './session.ts'
import { stopSessionOn } from './stopSession.ts'
import type { PostgresTarget, SessionBounds } from './target.ts'

/** One approved script on PostgreSQL. */
export interface PostgresScriptJob {
  target: PostgresTarget
  source: string
  params: Record<string, string>
  mode: TransactionMode
  limits: ExecutionLimits
  bounds: SessionBounds
  applicationName: string
}

/** Runs a script once against PostgreSQL. `process` is used up, whatever happens. */
export async function runPostgresScript(
  job: PostgresScriptJob,
  process: SandboxProcess,
  spool: RowSpool,
  control: RunControl,
): Promise<RunReport> {
  const { target, bounds, mode } = job
  let session: PostgresSession
  try {
    session = await PostgresSession.open(target, bounds, job.applicationName, spool.kept)
  } catch (error) {
    process.kill()
    await process.closed
    if (!(error instanceof TargetUnreachable)) throw error
    return unreachable(error.message)
  }
  const stopping = stopSessionOn(control.signal, session)
  try {
    const database = new PostgresScriptDatabase({ session, target, bounds, mode, spool, control })
    const report = await runScript(job, process, database, control.signal)
    const outcome = await stopping.settle(report.outcome)
    const error = outcome.fate === 'failed' ? outcome.error : report.head.error
    return { outcome, head: { ...report.head, error } }
  } finally {
    await session.close()
  }
}

function unreachable(message: string): RunReport {
  const error = plainError('TARGET_UNREACHABLE', message)
  return {
    outcome: { fate: 'failed', error, effects: 'none' },
    head: {
      engine: 'postgresql',
      statements: [],
      returned: null,
      logs: [],
      logsCut: false,
      notices: [],
      error,
      durationMs: 0,
    },
  }
}
