import { Client } from 'pg'

/** The same server's other database. */
export function inDatabase(
  url: string,
  database: string,
  login?: { user: string; password: string },
): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  if (login) Object.assign(changed, { username: login.user, password: login.password })
  return changed.href
}

/** Runs `work` on one connection and closes it. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Creates a role that may log in, or sets the password of the one there is. */
export async function ensureLogin(client: Client, role: string, password: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role])
  const verb = rowCount === 0 ? 'create' : 'alter'
  await client.query(
    `${verb} role ${client.escapeIdentifier(role)} login password ${client.escapeLiteral(password)}`,
  )
}

/** Creates a database unless it is there; with an owner it is that role's alone. */
export async function ensureDatabase(adminUrl: string, name: string, owner?: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    const database = client.escapeIdentifier(name)
    if (rowCount === 0) await client.query(`create database ${database}`)
    if (!owner) return
    await client.query(`alter database ${database} owner to ${client.escapeIdentifier(owner)}`)
    await client.query(`revoke all on database ${database} from public`)
  })
}
