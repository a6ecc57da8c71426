import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { isAlive, signal, startMark, waitForEnd } from '../processes.ts'

const processSchema = z.object({ pid: z.int(), mark: z.string().optional() })
const placesSchema = z.object({ address: z.string(), postgresPort: z.int(), eventStoreUrl: z.string() })
const lockSchema = z.object({
  owner: processSchema,
  /** Empty until the portal answers. */
  address: z.string(),
  children: z.array(processSchema),
  ...placesSchema.omit({ address: true }).partial().shape,
})
type LockContent = z.infer<typeof lockSchema>
type KnownProcess = z.infer<typeof processSchema>

/** Where a running stack's parts are. */
export type StackPlaces = z.infer<typeof placesSchema>

/** Says that this data folder is in use, by whom, and which processes were started. */
export interface StackLock {
  setPlaces: (places: StackPlaces) => void
  addChild: (pid: number) => void
  release: () => void
}

const graceOfLeftoversMs = 3_000

/**
 * Makes sure that one stack alone uses the data folder. What a killed stack left running is ended first.
 * @throws Error that names the address of a stack that runs already
 */
export async function lockDataDir(dataDir: string, onProgress: (text: string) => void): Promise<StackLock> {
  const file = fileIn(dataDir)
  const earlier = read(file)
  if (earlier && stillRuns(earlier.owner))
    throw new Error(
      `The portal runs already${earlier.address ? ` at ${earlier.address}` : ''} (process ${earlier.owner.pid}). ` +
        'Stop that one first (Ctrl-C where it runs), or start a second one beside it with --data-dir and --port.',
    )
  if (earlier) await endLeftovers(earlier.children, onProgress)
  const content: LockContent = { owner: identify(process.pid), address: '', children: [] }
  const save = () => {
    writeFileSync(`${file}.new`, JSON.stringify(content))
    renameSync(`${file}.new`, file)
  }
  save()
  return {
    setPlaces: (places) => {
      Object.assign(content, places)
      save()
    },
    addChild: (pid) => {
      content.children = [...content.children.filter(stillRuns), identify(pid)]
      save()
    },
    release: () => rmSync(file, { force: true }),
  }
}

/** Where the parts of the stack are that runs on this folder; null when none runs, or none that has started. */
export function placesOfRunningStack(dataDir: string): StackPlaces | null {
  const content = read(fileIn(dataDir))
  if (!content || !stillRuns(content.owner)) return null
  return placesSchema.safeParse(content).data ?? null
}

const fileIn = (dataDir: string) => join(dataDir, 'stack.lock')

const identify = (pid: number): KnownProcess => {
  const mark = startMark(pid)
  return mark === undefined ? { pid } : { pid, mark }
}

/** The system may give a dead process's id to another one; the time of its start tells them apart. */
const stillRuns = ({ pid, mark }: KnownProcess) => isAlive(pid) && startMark(pid) === mark

function read(file: string): LockContent | undefined {
  if (!existsSync(file)) return undefined
  try {
    return lockSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}

async function endLeftovers(children: KnownProcess[], onProgress: (text: string) => void): Promise<void> {
  const left = children.filter(stillRuns)
  if (left.length > 0) onProgress(`Ending ${left.length} process(es) that an earlier run left behind`)
  await Promise.all(
    left.map(async ({ pid }) => {
      signal(pid, 'SIGTERM')
      if (await waitForEnd(pid, graceOfLeftoversMs)) return
      signal(pid, 'SIGKILL')
      await waitForEnd(pid, graceOfLeftoversMs)
    }),
  )
}
