import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { engineFlags } from '@sre-portal/infra/event-store/engineFlags.mjs'

const main = fileURLToPath(new URL('../../infra/event-store/main.ts', import.meta.url))
const ready = /ready at (esdb:\/\/\S+)/

/** The event store as its own process, as in production: its memory and its start can be measured. */
export interface EventStoreProcess {
  connectionString: string
  startMs: number
  memoryMb(): number
  /** The most it had at any time. */
  peakMemoryMb(): number
  stop(): Promise<void>
}

export async function startEventStoreProcess(
  postgresUrl: string,
  nodeArguments: readonly string[] = [],
): Promise<EventStoreProcess> {
  const startedAt = performance.now()
  const child = spawn(
    process.execPath,
    [...engineFlags, ...nodeArguments, '--import', 'tsx', main, '--postgres', postgresUrl, '--port', '0'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const connectionString = await readyAddress(child)
  const startMs = performance.now() - startedAt
  return {
    connectionString,
    startMs,
    memoryMb: () => mebibytes(child.pid ?? 0, 'VmRSS'),
    peakMemoryMb: () => mebibytes(child.pid ?? 0, 'VmHWM'),
    stop: async () => {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function readyAddress(child: ChildProcess): Promise<string> {
  let output = ''
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const address = ready.exec(output)?.[1]
      if (address) resolve(address)
    })
    child.once('exit', (code) => reject(new Error(`The event store ended with code ${code ?? 'none'}`)))
  })
}

function mebibytes(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024
}
