import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ReadModels } from './history.ts'
import type pg from 'pg'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Every row of the read models now, and after a rebuild by the program that operators run. `environment` is the projector's. */
export async function compareWithRebuild(
  admin: pg.Client,
  environment: Record<string, string>,
): Promise<ReadModels> {
  const { rows: requests } = await admin.query<{ requestId: string; status: string; revision: number }>(
    'select id as "requestId", status, revision::int from read.requests',
  )
  const live = await rowsOf(admin)
  await rebuild(environment)
  return { live, rebuilt: await rowsOf(admin), requests }
}

/** All rows as text in a fixed order, but for where the projection stands. */
async function rowsOf(admin: pg.Client): Promise<string> {
  const { rows: tables } = await admin.query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = 'read' and table_name <> 'checkpoint' order by 1`,
  )
  const parts: string[] = []
  for (const { name } of tables) {
    const { rows } = await admin.query<{ line: string }>(
      `select row_to_json(t)::text as line from read.${name} t order by 1`,
    )
    parts.push(name, ...rows.map(({ line }) => line))
  }
  return parts.join('\n')
}

async function rebuild(environment: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'projector/src/rebuildMain.ts'], {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`The rebuild ended with code ${code}: ${said}`)
}
