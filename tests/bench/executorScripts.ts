import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { defaultExecutionLimits } from '@sre-portal/contracts'
import { runPostgresScript } from '@sre-portal/executor/postgres/scriptRunner'
import type { PostgresTarget } from '@sre-portal/executor/postgres/target'
import { RowSpool } from '@sre-portal/executor/results/rowSpool'
import { Sandbox } from '@sre-portal/executor/sandbox/sandbox'
import type { SandboxProcess } from '@sre-portal/executor/sandbox/sandboxProcess'
import { testBounds as bounds } from '@sre-portal/executor/testing/queryBench'
import { timeOf, timesOf, type Times } from './samples.ts'

const naive = fileURLToPath(new URL('./naiveScript.mjs', import.meta.url))
const short = `return (await db.query('select 1 as one')).rows.length`
/** Long enough for a spare process to have started, as it has between two scripts of a portal. */
const spareReadyMs = 400

export interface ScriptStarts {
  cold: Times
  warm: Times
  naive: Times
}

/** From nothing to the result of the shortest script, by turns: sandbox cold, sandbox with its spare, forked Node. */
export async function scriptStarts(target: PostgresTarget, rounds: number): Promise<ScriptStarts> {
  const coldSandbox = new Sandbox({ keepSpare: false })
  const warmSandbox = new Sandbox()
  const samples: Record<keyof ScriptStarts, number[]> = { cold: [], warm: [], naive: [] }
  try {
    for (let round = 0; round < rounds; round++) {
      samples.cold.push(await timeOf(() => inSandbox(target, coldSandbox.take(), short)))
      samples.naive.push(await timeOf(() => inForkedNode(target, short)))
      warmSandbox.prepare()
      await delay(spareReadyMs)
      samples.warm.push(await timeOf(() => inSandbox(target, warmSandbox.take(), short)))
    }
  } finally {
    await coldSandbox.close()
    await warmSandbox.close()
  }
  return { cold: timesOf(samples.cold), warm: timesOf(samples.warm), naive: timesOf(samples.naive) }
}

export interface CallRates {
  brokered: number
  direct: number
}

/** Calls of `db.query` a second, one after the other: from the sandbox through the broker, and of `pg` in a forked Node. */
export async function callRates(target: PostgresTarget, calls: number, rounds: number): Promise<CallRates> {
  const sandbox = new Sandbox({ keepSpare: false })
  const source = `
    const startedAt = Date.now()
    for (let call = 0; call < ${calls}; call++) await db.query('select 1')
    return Date.now() - startedAt`
  let [brokeredMs, directMs] = [0, 0]
  try {
    for (let round = 0; round < rounds; round++) {
      brokeredMs += await inSandbox(target, sandbox.take(), source)
      directMs += await inForkedNode(target, source)
    }
  } finally {
    await sandbox.close()
  }
  const perSecond = (ms: number) => (calls * rounds * 1000) / ms
  return { brokered: perSecond(brokeredMs), direct: perSecond(directMs) }
}

async function inSandbox(target: PostgresTarget, process: SandboxProcess, source: string): Promise<number> {
  const limits = defaultExecutionLimits
  const job = {
    target,
    source,
    params: {},
    mode: 'single' as const,
    limits,
    bounds,
    applicationName: 'bench',
  }
  const report = await runPostgresScript(job, process, new RowSpool(limits), {
    signal: new AbortController().signal,
    beforeKeeping: () => Promise.resolve(),
    beforeCommit: () => Promise.resolve(),
    beforeStatement: () => Promise.resolve(),
    reached: () => undefined,
  })
  if (report.outcome.fate !== 'executed')
    throw new Error(`The script failed: ${JSON.stringify(report.outcome)}`)
  return Number(report.head.returned)
}

async function inForkedNode(target: PostgresTarget, source: string): Promise<number> {
  const child = fork(naive)
  const answered = once(child, 'message')
  const exited = once(child, 'exit')
  const { host, port, database, username, password } = target
  child.send({ target: { host, port, database, user: username, password }, source })
  await Promise.race([
    answered,
    exited.then(([code]) => Promise.reject(new Error(`The forked script ended with code ${String(code)}`))),
  ])
  const [{ returned }] = (await answered) as [{ returned: number }]
  await exited
  return returned
}
