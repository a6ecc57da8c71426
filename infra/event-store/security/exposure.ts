import { isIP } from 'node:net'

export interface Passwords {
  admin: string
  ops: string
}

/** The passwords a new EventStoreDB has too; good for the machine itself only. */
export const defaultPasswords: Passwords = { admin: 'changeit', ops: 'changeit' }

/** Refuses to serve other machines without authentication, or by a password that everybody knows. */
export function checkExposure(host: string, requireAuth: boolean, passwords: Passwords): void {
  if (isLoopback(host)) return
  const where = `--host ${host} lets other machines in.`
  if (!requireAuth)
    throw new Error(
      `${where} Without --require-auth everyone who reaches the port could read and write everything: ` +
        'add --require-auth and passwords, behind a TLS proxy, or listen on 127.0.0.1.',
    )
  const weak = (['admin', 'ops'] as const).filter(
    (user) => passwords[user] === '' || passwords[user] === defaultPasswords[user],
  )
  if (weak.length === 0) return
  const variables = weak.map((user) => `EVENTSTORE_${user.toUpperCase()}_PASSWORD`).join(' and ')
  throw new Error(`${where} Set ${variables} to something else than the default, which everybody knows.`)
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  if (isIP(host) === 4) return host.startsWith('127.')
  return isIP(host) === 6 && new URL(`http://[${host}]`).hostname === '[::1]'
}
