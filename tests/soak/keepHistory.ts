import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunReport } from './run.ts'

const folder = fileURLToPath(new URL('../../test-results/soak/', import.meta.url))

/** Writes everything of a run that went wrong to a file; answers its path. */
export async function keepHistory(
  seed: number,
  { evidence, output }: RunReport,
  wrong: string[],
): Promise<string> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, `seed-${seed}.json`)
  const { events, approvers, ...rest } = evidence
  const all = {
    seed,
    wrong,
    ...rest,
    events: Object.fromEntries(events),
    approvers: [...approvers],
    output,
  }
  const plain = (_name: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
  await writeFile(path, JSON.stringify(all, plain, 1))
  return path
}
