import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Operating-system account that runs the database server. */
export interface Account {
  name: string
  uid: number
  gid: number
}

/** Takes the text of /etc/passwd apart. */
export function parsePasswd(text: string): Account[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':')
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : []
  })
}

/**
 * PostgreSQL refuses to run as root, and its initdb insists on a user that /etc/passwd names. So root hands over to the owner of
 * the data, else to `postgres`, else to `nobody`, else to any other account. Null: run as who we are.
 */
export function serverAccount(dataDir: string): Account | null {
  if (process.getuid?.() !== 0) return null
  const accounts = parsePasswd(readFileSync('/etc/passwd', 'utf8')).filter(({ uid }) => uid !== 0)
  const owner = ownerOf(dataDir)
  const chosen =
    accounts.find(({ uid }) => uid === owner) ??
    accounts.find(({ name }) => name === 'postgres') ??
    accounts.find(({ name }) => name === 'nobody') ??
    accounts[0]
  if (!chosen)
    throw new Error(
      'PostgreSQL refuses to run as root, and /etc/passwd names no other user to run it as. Add one, or start as a normal user.',
    )
  return chosen
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid
  } catch {
    return undefined
  }
}

/** True when every folder above the path can be passed through by the account (by the permission bits alone). */
export function canReach(path: string, account: Account): boolean {
  const parent = dirname(resolve(path))
  if (!passable(parent, account)) return false
  return parent === dirname(parent) || canReach(parent, account)
}

function passable(folder: string, account: Account): boolean {
  try {
    const { mode, uid, gid } = statSync(folder)
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    return (mode & bit) !== 0
  } catch {
    return true // It doesn't exist yet: it will be made with a mode that lets everybody through.
  }
}
