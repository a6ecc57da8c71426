import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { onPath } from './onPath.ts'

const version = 'v1.24.2'
const module = 'github.com/FerretDB/FerretDB'

/** A FerretDB that was built with Go, or why there is none. */
export type BuiltFerretDb = { binary: string } | { missing: string }

/**
 * Builds FerretDB once with Go and keeps it; needs a minute or two the first time. Its sources lack a file that its release process
 * writes, and without it the program refuses to start: so a copy of them is built, with that file.
 */
export async function builtFerretDb(
  cache: string,
  onProgress: (text: string) => void,
): Promise<BuiltFerretDb> {
  const binary = join(cache, process.platform === 'win32' ? 'ferretdb.exe' : 'ferretdb')
  if (existsSync(binary)) return { binary }
  const go = onPath('go')
  if (go === null) return { missing: 'Go, which could build FerretDB, is not on the PATH' }
  onProgress(`Building FerretDB ${version}; the first time this takes a minute or two`)
  const folder = await mkdtemp(join(tmpdir(), 'sre-portal-ferretdb-'))
  try {
    const downloaded = await run(go, ['mod', 'download', '-json', `${module}@${version}`], folder)
    if (downloaded === null) return { missing: `Go could not download the sources of FerretDB ${version}` }
    const { Dir: sources } = JSON.parse(downloaded) as { Dir: string }
    await copyWritable(sources, folder)
    await writeFile(join(folder, 'build', 'version', 'version.txt'), version)
    await mkdir(cache, { recursive: true })
    const half = `${binary}.${process.pid}`
    if ((await run(go, ['build', '-o', half, './cmd/ferretdb'], folder)) === null)
      return { missing: `Go could not build FerretDB ${version}` }
    await rename(half, binary)
    return { binary }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What the program printed, or null when it failed. */
async function run(program: string, args: string[], cwd: string): Promise<string | null> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'ignore'] })
  const printed = text(child.stdout)
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    return code === 0 ? await printed : null
  } catch {
    return null
  }
}

/** Go keeps its sources read-only. */
async function copyWritable(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await copyWritable(source, target)
    else if (entry.isFile()) await copyFile(source, target)
  }
}
