import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { loadDemoMongo, type MongoLogin } from '../demo/mongoDatabase.ts'
import { untilAnswers } from '../mongo/answers.ts'
import { mongoArguments } from '../mongo/commandLine.ts'
import { findMongoProgram, type MongoProduct } from '../mongo/program.ts'
import { loadMongoPasswords } from './secrets.ts'
import type { Settings } from './settings.ts'
import type { ProcessSpec, Supervised } from './supervise.ts'

/** Folder of its data, in the data folder; whoever has it gets a MongoDB at every start. */
export const mongoFolder = 'mongo'
export const mongoName = 'mongo'
const crashesAllowed = 3
const productNames: Record<MongoProduct, string> = { mongodb: 'MongoDB', ferretdb: 'FerretDB' }

/** The demonstration's MongoDB, or why there is none. */
export type DemoMongo = { name: string; port: number; login: MongoLogin } | { missing: string }

interface MongoSurroundings {
  settings: Settings
  onProgress: (text: string) => void
  /** Runs a process of the stack. */
  run: (spec: ProcessSpec) => Supervised
}

export const wantsMongo = ({ withMongo, dataDir }: Settings): boolean =>
  withMongo || existsSync(join(dataDir, mongoFolder))

/** Starts it and loads its data, where it is wanted. A demonstration without it is better than none: faults are told, not thrown. */
export async function startDemoMongo({ settings, onProgress, run }: MongoSurroundings): Promise<DemoMongo> {
  const program = await findMongoProgram(onProgress)
  if ('missing' in program) return program
  const name = productNames[program.product]
  onProgress(`Starting ${name}`)
  // Each product has a folder of its own: none reads the other's files.
  const home = join(settings.dataDir, mongoFolder, program.product)
  const dataDir = join(home, 'data')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const port = settings.ports.MONGO_PORT
  const process = run({
    name: mongoName,
    program: program.binary,
    args: mongoArguments(program, { dataDir, port, withLogins: true }),
    cwd: dataDir,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  })
  try {
    const url = `mongodb://127.0.0.1:${port}/?directConnection=true`
    await untilAnswers(url, () => (process.crashes() >= crashesAllowed ? 'crashes again and again' : null))
    const place = { url, product: program.product, marker: join(home, 'loaded') }
    const login = await loadDemoMongo(place, loadMongoPasswords(settings.dataDir), onProgress)
    return { name, port, login }
  } catch (error) {
    process.kill()
    return { missing: `${name} did not start: ${error instanceof Error ? error.message : String(error)}` }
  }
}
