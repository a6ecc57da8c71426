import { randomBytes } from 'node:crypto'
import { inDatabase, withClient } from '@sre-portal/infra/databases.ts'
import { migrate } from '@sre-portal/infra/migrate.ts'
import {
  grantDatabase,
  roleName,
  serviceNames,
  type RolePasswords,
  type ServiceName,
} from '@sre-portal/infra/roles.ts'

/** Environment variables by which the run's set-up tells the test files of its server. */
export const testEnvironment = { url: 'TEST_POSTGRES_URL', template: 'TEST_POSTGRES_TEMPLATE' } as const

/** Everyone's password on the tests' server. */
export const testRolePasswords: RolePasswords = {
  command: 'command-of-tests',
  query: 'query-of-tests',
  projector: 'projector-of-tests',
  executor: 'executor-of-tests',
}

const fromEnvironment = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: run this file by the project "int" of vitest.`)
  return value
}

async function create(from?: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = fromEnvironment(testEnvironment.url)
  const name = `test_${randomBytes(8).toString('hex')}`
  await withClient(server, (client) =>
    client.query(`create database ${name}${from ? ` template ${from}` : ''}`),
  )
  return {
    url: inDatabase(server, name),
    drop: () =>
      withClient(server, async (client) => void (await client.query(`drop database ${name} with (force)`))),
  }
}

/** A fresh, empty database, reached as the server's administrator. */
export const testDatabase = (): Promise<{ url: string; drop: () => Promise<void> }> => create()

export interface MigratedDatabase {
  adminUrl: string
  /** The same database as each service reaches it. */
  urls: Record<ServiceName, string>
  drop: () => Promise<void>
}

/** A database of the newest schema, cloned from the run's template, with the services' roles. */
export async function migratedDatabase(): Promise<MigratedDatabase> {
  const { url, drop } = await create(fromEnvironment(testEnvironment.template))
  await withClient(url, grantDatabase)
  const entries = serviceNames.map((service) => {
    const login = { user: roleName(service), password: testRolePasswords[service] }
    return [service, inDatabase(url, new URL(url).pathname.slice(1), login)]
  })
  return { adminUrl: url, urls: Object.fromEntries(entries) as Record<ServiceName, string>, drop }
}

/** Makes the database that `migratedDatabase` clones; returns its name. */
export async function createTemplate(server: string): Promise<string> {
  const name = 'portal_template'
  await withClient(server, (client) => client.query(`create database ${name}`))
  await migrate({ adminUrl: inDatabase(server, name), rolePasswords: testRolePasswords })
  return name
}
