import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { canReach, type Account } from './account.ts'

/** Where a database lives that may not live in the checkout; the last is lost with the temporary files. */
const sharedPlaces = () => ['/var/lib/sre-portal', '/srv/sre-portal', join(tmpdir(), 'sre-portal')]

/** Name of the file in the wanted folder that says where the data really are. */
export const pointerName = 'location'

/** A folder of root's that the account can pass through. */
export async function sharedHome(account: Account): Promise<string> {
  for (const place of sharedPlaces()) {
    if (!canReach(join(place, 'x'), account)) continue
    try {
      await mkdir(place, { recursive: true, mode: 0o755 })
      return place
    } catch {
      continue
    }
  }
  throw new Error(
    `The user ${account.name} can reach none of ${sharedPlaces().join(', ')}; start as a normal user instead.`,
  )
}

/**
 * Where the data live: in the wanted folder, or, when root's checkout is closed to the account that runs the server (a clone under
 * /root), in a shared place that the wanted folder then points to.
 */
export async function dataHome(wanted: string, account: Account | null): Promise<string> {
  const folder = resolve(wanted)
  const pointer = join(folder, pointerName)
  if (existsSync(pointer)) {
    const home = (await readFile(pointer, 'utf8')).trim()
    await mkdir(resolve(home, '..'), { recursive: true, mode: 0o711 })
    return home
  }
  const own = join(folder, 'data')
  await mkdir(folder, { recursive: true, mode: 0o711 })
  if (account === null || canReach(own, account)) return own
  if (existsSync(own))
    throw new Error(
      `The user ${account.name}, who runs PostgreSQL for root, can't reach ${own} any more. ` +
        'Open the folders above it (chmod o+x), or start as the user who owns them.',
    )
  const home = join(await sharedHome(account), `postgres-${randomBytes(6).toString('hex')}`, 'data')
  await mkdir(resolve(home, '..'), { mode: 0o711 })
  await writeFile(pointer, `${home}\n`)
  return home
}
