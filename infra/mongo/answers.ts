import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import type { MongoProduct } from './program.ts'

const startTimeoutMs = 20_000
const askMs = 500

/** Waits until the server answers. Throws when it has ended (`ended` then says how), or doesn't answer in time. */
export async function untilAnswers(url: string, ended: () => string | null): Promise<void> {
  for (const until = Date.now() + startTimeoutMs; Date.now() < until; await pause(50)) {
    const how = ended()
    if (how !== null) throw new Error(`The MongoDB server ${how}.`)
    if (await answers(url)) return
  }
  throw new Error(`The MongoDB server did not answer in ${startTimeoutMs / 1000} s.`)
}

async function answers(url: string): Promise<boolean> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: askMs })
  try {
    await client.db('admin').command({ hello: 1 })
    return true
  } catch {
    return false
  } finally {
    await client.close()
  }
}

/** Which server answers there. */
export async function productOf(url: string): Promise<MongoProduct> {
  const client = new MongoClient(url)
  try {
    const info = await client.db('admin').command({ buildInfo: 1 })
    return 'ferretdb' in info || 'ferretdbVersion' in info ? 'ferretdb' : 'mongodb'
  } finally {
    await client.close()
  }
}
