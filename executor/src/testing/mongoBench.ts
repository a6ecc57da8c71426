import { defaultExecutionLimits, type ExecutionLimits } from '@sre-portal/contracts'
import type { MongoTarget } from '../mongo/connection.ts'
import { runMongoQuery } from '../mongo/queryRunner.ts'
import { runMongoScript } from '../mongo/scriptRunner.ts'
import { RowSpool } from '../results/rowSpool.ts'
import type { RunControl, StatementIntent } from '../runControl.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'

const bounds = { connectTimeoutMs: 3000, applicationName: 'executor test' }

/** Lets everything happen, and notes what would be sent. */
export const controlOf = (
  control: Partial<RunControl> = {},
  intents: StatementIntent[] = [],
): RunControl => ({
  signal: new AbortController().signal,
  beforeKeeping: () => Promise.resolve(),
  beforeCommit: () => Promise.resolve(),
  beforeStatement: (intent) => {
    intents.push(intent)
    return Promise.resolve()
  },
  reached: () => undefined,
  ...control,
})

/** Runs a query by the real runner; its report with its stored rows. */
export async function runQuery(
  target: MongoTarget,
  content: string,
  changed: Partial<ExecutionLimits> = {},
  control: Partial<RunControl> = {},
) {
  const limits = { ...defaultExecutionLimits, ...changed }
  const spool = new RowSpool(limits)
  const intents: StatementIntent[] = []
  const report = await runMongoQuery(
    { target, content, limits, ...bounds },
    spool,
    controlOf(control, intents),
  )
  const rows = spool
    .chunksFrom(0)
    .flatMap((chunk) => chunk.rows.split('\n').map((line) => JSON.parse(line) as unknown[]))
  return { ...report, rows, intents }
}

/** Runs a script by the real runner in a real sandbox; its report with what it returned. */
export async function runScript(
  target: MongoTarget,
  sandbox: Sandbox,
  source: string,
  control: Partial<RunControl> = {},
) {
  const intents: StatementIntent[] = []
  const limits = defaultExecutionLimits
  const report = await runMongoScript(
    { target, source, params: {}, limits, ...bounds },
    sandbox.take(),
    new RowSpool(limits),
    controlOf(control, intents),
  )
  const returned: unknown = report.head.returned === null ? null : JSON.parse(report.head.returned)
  return { ...report, returned, intents }
}
