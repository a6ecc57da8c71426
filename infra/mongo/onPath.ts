import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where a program lies on the PATH, or null. */
export function onPath(name: string): string | null {
  const file = process.platform === 'win32' ? `${name}.exe` : name
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, file)).find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
