import { readdirSync, readFileSync } from 'node:fs'

/** Processes that a process has started itself (Linux). */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

/** The state letter of a process: T is stopped, Z a zombie; empty when there is none. */
export function stateOf(pid: number): string {
  return /^State:\s+(\w)/m.exec(statusOf(pid))?.[1] ?? ''
}

/** Memory that a process holds, in MiB; 0 when there is none. */
export const residentMebibytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(statusOf(pid))?.[1] ?? 0) / 1024

export const isAlive = (pid: number): boolean => !['', 'Z', 'X'].includes(stateOf(pid))

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}
