import { ExecutorProcess } from '../faults/executorProcess.ts'
import { createTemplate, testEnvironment } from '../setup/postgres.ts'
import { TestPortal } from '@sre-portal/executor/testing/portal'
import { approveToResult, plainRoundTrips } from './executorLatency.ts'
import { callRates, scriptStarts } from './executorScripts.ts'
import { perSecondText } from './report.ts'
import type { Times } from './samples.ts'

export interface ExecutorBenchOptions {
  /** A PostgreSQL server with fsync on, as an administrator. */
  postgresUrl: string
  /** How often each time is taken. */
  rounds?: number
  callsOfScript?: number
  print?: (line: string) => void
}

const sql = 'select 1'

/** Prints what an approved run costs beside the plain work: the query by `pg`, the script in a forked Node. */
export async function benchExecutor(options: ExecutorBenchOptions): Promise<void> {
  const { rounds = 200, callsOfScript = 4000 } = options
  const print = options.print ?? console.log
  process.env[testEnvironment.url] = options.postgresUrl
  process.env[testEnvironment.template] ??= await createTemplate(options.postgresUrl)
  const portal = await TestPortal.open()
  try {
    print('executor: what | executor | plain | ratio')
    await measureLatency(portal, rounds, print)
    await measureScripts(portal, rounds, callsOfScript, print)
  } finally {
    await portal.close()
  }
}

async function measureLatency(
  portal: TestPortal,
  rounds: number,
  print: (line: string) => void,
): Promise<void> {
  const executor = ExecutorProcess.start(portal, {
    environment: { LOG_LEVEL: 'warn', EXECUTOR_LEASE_MS: '10000' },
  })
  try {
    const query = { content: sql }
    const script = { kind: 'script' as const, content: `return (await db.query('${sql}')).rows` }
    // Neither side is measured cold.
    await approveToResult(portal, query, 10)
    const plain = await plainRoundTrips(portal.targetUrl.href, sql, rounds)
    const queryTimes = await approveToResult(portal, query, rounds)
    const scriptTimes = await approveToResult(portal, script, Math.ceil(rounds / 4))
    print(line('approved query to its result, over one that connects', queryTimes, plain.connecting))
    print(line('approved query to its result, over one on an open connection', queryTimes, plain.connected))
    print(line('approved script to its result, over a query that connects', scriptTimes, plain.connecting))
  } finally {
    await executor.kill()
  }
}

async function measureScripts(
  portal: TestPortal,
  rounds: number,
  calls: number,
  print: (line: string) => void,
): Promise<void> {
  const { targetUrl } = portal
  const target = {
    host: targetUrl.hostname,
    port: Number(targetUrl.port),
    tls: false,
    database: targetUrl.pathname.slice(1),
    username: decodeURIComponent(targetUrl.username),
    password: decodeURIComponent(targetUrl.password),
  }
  const starts = await scriptStarts(target, Math.ceil(rounds / 8))
  print(line('shortest script, sandbox cold, over a forked Node with pg', starts.cold, starts.naive))
  print(line('shortest script, spare sandbox, over a forked Node with pg', starts.warm, starts.naive))
  const rates = await callRates(target, calls, 3)
  print(
    `calls of db.query, brokered against direct | ${perSecondText(rates.brokered)} | ${perSecondText(rates.direct)} | ` +
      (rates.brokered / rates.direct).toFixed(2),
  )
}

function line(what: string, own: Times, plain: Times): string {
  const text = ({ p50, p99 }: Times) => `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`
  return `${what} | ${text(own)} | ${text(plain)} | ${(own.p50 / plain.p50).toFixed(2)}`
}
