import type { Client } from 'pg'
import { ensureLogin } from './databases.ts'

/** The services that log in to PostgreSQL, each by its own role with the least it needs. */
export const serviceNames = ['command', 'query', 'projector', 'executor'] as const
export type ServiceName = (typeof serviceNames)[number]
export type RolePasswords = Record<ServiceName, string>

/** Name of a service's PostgreSQL role. */
export const roleName = (service: ServiceName) => `portal_${service}`

const attempts = 10

/** Creates the roles that are missing and sets everyone's password. Roles belong to the whole server, not to one database. */
export async function ensureRoles(client: Client, passwords: RolePasswords): Promise<void> {
  for (const service of serviceNames)
    await retried(() => ensureLogin(client, roleName(service), passwords[service]))
}

/** Opens this database to the roles alone; the projector may create the schemas of the read models in it. */
export async function grantDatabase(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>('select current_database() as name')
  const database = client.escapeIdentifier(rows[0]?.name ?? '')
  const roles = serviceNames.map(roleName).join(', ')
  await retried(() =>
    client.query(
      `revoke all on database ${database} from public;
       grant connect on database ${database} to ${roles};
       grant create on database ${database} to ${roleName('projector')}`,
    ),
  )
}

/** Two processes that change the same role or database at once get one of these; PostgreSQL has no lock to wait for. */
const collisions = new Set(['23505', '42710'])
const isCollision = (error: unknown) =>
  error instanceof Error &&
  (('code' in error && collisions.has(String(error.code))) ||
    /tuple concurrently (updated|deleted)/.test(error.message))

async function retried(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      await work()
      return
    } catch (error) {
      if (attempt === attempts || !isCollision(error)) throw error
    }
}
