import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { freePort } from '../ports.ts'
import { stopWithUs } from '../postgres/watch.ts'
import { productOf, untilAnswers } from './answers.ts'
import { mongoArguments } from './commandLine.ts'
import { findMongoProgram, type MongoProduct, type MongoProgram } from './program.ts'

const electionMs = 30_000

/** A server that speaks MongoDB's protocol, for tests; `product` says which. */
export interface MongoServer {
  url: string
  product: MongoProduct
  /** Freezes, wakes or kills it; null for a server that is not ours. */
  signal: ((name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL') => void) | null
  stop: () => Promise<void>
}

/** A server, or the words with which tests are skipped. */
export type FoundMongoServer = { server: MongoServer; missing: null } | { server: null; missing: string }

/**
 * The server at MONGODB_TEST_URL, else one of its own, empty, on a free port; with `replicaSet` a real mongod that is the one member of a set
 * of this name (a server of MONGODB_TEST_URL is what it is).
 */
export async function findMongoServer({
  replicaSet,
}: { replicaSet?: string } = {}): Promise<FoundMongoServer> {
  const url = process.env['MONGODB_TEST_URL']
  if (url)
    return {
      server: { url, product: await productOf(url), signal: null, stop: async () => {} },
      missing: null,
    }
  const program = await findMongoProgram()
  if ('missing' in program)
    return { server: null, missing: `${program.missing} Or name a running server by MONGODB_TEST_URL.` }
  if (replicaSet === undefined) return { server: await start(program), missing: null }
  if (program.product !== 'mongodb')
    return { server: null, missing: 'FerretDB has none of it; name a mongod by MONGOD_BINARY.' }
  const server = await start(program, replicaSet)
  await initiate(server.url, replicaSet).catch(async (error: unknown) => {
    await server.stop()
    throw error
  })
  return { server, missing: null }
}

/** Makes the server a set's only member, and waits until it may be written to. */
async function initiate(url: string, name: string): Promise<void> {
  const client = new MongoClient(url)
  try {
    const admin = client.db('admin')
    const members = [{ _id: 0, host: new URL(url).host }]
    await admin.command({ replSetInitiate: { _id: name, members } })
    for (const until = Date.now() + electionMs; Date.now() < until; await pause(100))
      if ((await admin.command({ hello: 1 }))['isWritablePrimary'] === true) return
    throw new Error(`The replica set ${name} elected no primary in ${electionMs / 1000} s.`)
  } finally {
    await client.close()
  }
}

async function start(program: MongoProgram, replicaSet?: string): Promise<MongoServer> {
  // Named like the folders of the tests' PostgreSQL: what a killed run left is removed by the next one.
  const dataDir = await mkdtemp(join(tmpdir(), `sre-portal-test-${process.pid}-mongo-`))
  const port = await freePort()
  const url = `mongodb://127.0.0.1:${port}/?directConnection=true`
  const child = spawn(
    program.binary,
    mongoArguments(program, { dataDir, port, ...(replicaSet ? { replicaSet } : {}) }),
    {
      stdio: 'ignore',
      cwd: dataDir,
    },
  )
  let how: string | null = null
  const ended = once(child, 'exit').then(
    ([code, signal]) => void (how = `ended (${String(signal ?? code)})`),
    (error: Error) => void (how = `could not be started: ${error.message}`),
  )
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
    await rm(dataDir, { recursive: true, force: true })
  }
  if (child.pid !== undefined) stopWithUs(child, { by: 'TERM', killAfterS: 10 })
  try {
    await untilAnswers(url, () => how)
  } catch (error) {
    await stop()
    throw error
  }
  return { url, product: program.product, signal: (name) => void child.kill(name), stop }
}
