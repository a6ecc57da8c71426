import { z } from 'zod'
import { readConfig } from '@sre-portal/platform/config'
import { migrate } from './migrate.ts'

const rolePassword = z.string().min(12, 'must have at least 12 characters')
const configSchema = z.object({
  POSTGRES_ADMIN_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres://'),
  PORTAL_COMMAND_PASSWORD: rolePassword,
  PORTAL_QUERY_PASSWORD: rolePassword,
  PORTAL_PROJECTOR_PASSWORD: rolePassword,
  PORTAL_EXECUTOR_PASSWORD: rolePassword,
})

/** `npm run migrate`: brings a PostgreSQL of one's own to the newest schema, and makes the services' roles. */
try {
  const config = readConfig(configSchema, process.env)
  const applied = await migrate({
    adminUrl: config.POSTGRES_ADMIN_URL,
    rolePasswords: {
      command: config.PORTAL_COMMAND_PASSWORD,
      query: config.PORTAL_QUERY_PASSWORD,
      projector: config.PORTAL_PROJECTOR_PASSWORD,
      executor: config.PORTAL_EXECUTOR_PASSWORD,
    },
    onProgress: (text) => console.log(text),
  })
  console.log(
    applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.length} migration(s).`,
  )
} catch (error) {
  console.error(`The database was not migrated. ${(error as Error).message}`)
  process.exitCode = 1
}
