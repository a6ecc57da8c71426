import { plainError } from '@sre-portal/analysis/plainError'
import type { ExecutionLimits } from '@sre-portal/contracts'
import { TargetUnreachable } from '../postgres/databaseError.ts'
import type { RowSpool } from '../results/rowSpool.ts'
import type { RunControl, RunReport } from '../runControl.ts'
import type { SandboxProcess } from '../sandbox/sandboxProcess.ts'
import { runScript } from '../sandbox/scriptRun.ts'
import { MongoConnection, type MongoTarget } from './connection.ts'
import { MongoScriptDatabase } from './scriptDatabase.ts'
import { stopConnectionOn } from './stopConnection.ts'

/** One approved script on MongoDB. */
export interface MongoScriptJob {
  target: MongoTarget
  source: string
  params: Record<string, string>
  limits: ExecutionLimits
  connectTimeoutMs: number
  applicationName: string
}

/** Runs a script once against MongoDB. `process` is used up, whatever happens. */
export async function runMongoScript(
  job: MongoScriptJob,
  process: SandboxProcess,
  spool: RowSpool,
  control: RunControl,
): Promise<RunReport> {
  let connection: MongoConnection
  try {
    connection = await MongoConnection.open(job.target, job.connectTimeoutMs, job.applicationName)
  } catch (error) {
    process.kill()
    await process.closed
    if (!(error instanceof TargetUnreachable)) throw error
    return unreachable(error.message)
  }
  const release = stopConnectionOn(control.signal, connection, job.connectTimeoutMs)
  try {
    const database = new MongoScriptDatabase({ connection, limits: job.limits, spool, control })
    return await runScript(job, process, database, control.signal)
  } finally {
    release()
    await connection.close()
  }
}

function unreachable(message: string): RunReport {
  const error = plainError('TARGET_UNREACHABLE', message)
  return {
    outcome: { fate: 'failed', error, effects: 'none' },
    head: {
      engine: 'mongodb',
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
