import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'

/**
 * Writes a file beside its place and puts it there when it is complete and on the disk: what has the name is whole. Pipes and devices,
 * which nothing can take the place of, are written to directly.
 */
export async function writeWhole<T>(path: string, write: (output: Writable) => Promise<T>): Promise<T> {
  const place = await realpath(path).catch(() => path)
  if (await isSpecial(place)) return write(createWriteStream(place))
  const unfinished = `${place}.unfinished-${randomBytes(4).toString('hex')}`
  try {
    const written = await write(createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true }))
    await rename(unfinished, place)
    await flushNames(dirname(place))
    return written
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

async function isSpecial(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && !found.isFile()
}

/** A new name is on the disk when its folder is. */
async function flushNames(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
