import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * Address of a stack that runs on this data folder and answers; undefined when there is none. Asked before anything is installed or built,
 * because that would pull the floor from under it. The stack itself looks more closely.
 * @param {string} repository
 * @param {string} dataDir
 * @returns {Promise<string | undefined>}
 */
export async function runningAddress(repository, dataDir) {
  try {
    const { address } = JSON.parse(readFileSync(join(resolve(repository, dataDir), 'stack.lock'), 'utf8'))
    const answer = await fetch(`${address}/livez`, { signal: AbortSignal.timeout(2_000) })
    return answer.ok ? address : undefined
  } catch {
    return undefined
  }
}
