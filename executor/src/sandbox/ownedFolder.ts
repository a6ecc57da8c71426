import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

const prefix = 'sre-portal-'
const ownerFile = 'owner.json'

/** Who made a folder. The time of its start tells a process from a later one with the same id, where the system says it. */
interface Owner {
  host: string
  pid: number
  startedAt: string | null
}

/** A new folder in the system's folder of temporary files that knows who made it. */
export function makeOwnedFolder(kind: 'sandbox' | 'self-test'): string {
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${kind}-`))
  writeFileSync(join(folder, ownerFile), JSON.stringify(ownerOf(process.pid)), { mode: 0o444 })
  return folder
}

/** Removes the folders of processes of this host that were killed before they could; answers how many. Folders of the living, and of nobody known, stay. */
export function removeLeftFolders(): number {
  const left = readdirSync(tmpdir())
    .filter((name) => /^sre-portal-(sandbox|self-test)-/.test(name))
    .map((name) => join(tmpdir(), name))
    .filter((folder) => isLeft(folder))
  // Somebody else's may be closed to us; it is theirs to remove.
  return left.filter((folder) => removed(folder)).length
}

function isLeft(folder: string): boolean {
  try {
    const owner = JSON.parse(readFileSync(join(folder, ownerFile), 'utf8')) as Owner
    return owner.host === hostname() && !(isAlive(owner.pid) && isDeepStrictEqual(ownerOf(owner.pid), owner))
  } catch {
    return false
  }
}

function removed(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true })
    return true
  } catch {
    return false
  }
}

const ownerOf = (pid: number): Owner => ({ host: hostname(), pid, startedAt: startOf(pid) })

/** Linux: field 22 of /proc/<pid>/stat, counted after the command's name, which may itself hold blanks and parentheses. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
