import { mkdtemp, chmod, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { removePostgresData } from '@sre-portal/infra/postgres/remove.ts'
import { startPostgres } from '@sre-portal/infra/postgres/server.ts'
import { benchEventStore } from './eventStore.ts'
import { benchExecutor } from './executor.ts'
import { benchHostile } from './hostile.ts'
import { benchLogins } from './logins.ts'
import { benchShares } from './shares.ts'
import { benchSubscriptions } from './subscriptions.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    postgres: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
})

const parts = ['event-store', 'executor', 'hostile', 'logins', 'shares', 'subscriptions'] as const
const chosen = positionals.length > 0 ? positionals : parts
const unknown = chosen.find((name) => !parts.some((part) => part === name))
if (unknown) throw new Error(`There is no part '${unknown}'; there are: ${parts.join(', ')}.`)

const size = flags.quick
  ? { durationMs: 1500, readEvents: 50_000, memoryEvents: 100_000, flatEvents: 150_000 }
  : {}
const runs = flags.quick ? { rounds: 40, callsOfScript: 1000 } : {}

const postgres = flags.postgres ? undefined : await durablePostgres()
try {
  const postgresUrl = flags.postgres ?? postgres?.adminUrl ?? ''
  if (chosen.includes('event-store')) {
    const isMet = await benchEventStore({ postgresUrl, ...size })
    console.log(isMet ? 'All targets are met.' : 'Not all targets are met.')
  }
  if (chosen.includes('executor')) await benchExecutor({ postgresUrl, ...runs })
  if (chosen.includes('hostile')) {
    const isMet = await benchHostile({ postgresUrl, ...(flags.quick && { rounds: 100 }) })
    console.log(isMet ? 'All targets are met.' : 'Not all targets are met.')
  }
  if (chosen.includes('logins')) {
    const isMet = await benchLogins({ postgresUrl, ...(flags.quick && { rounds: 50 }) })
    console.log(isMet ? 'All targets are met.' : 'Not all targets are met.')
  }
  if (chosen.includes('shares')) {
    const isMet = await benchShares({ postgresUrl, ...(flags.quick && { rounds: 50 }) })
    console.log(isMet ? 'All targets are met.' : 'Not all targets are met.')
  }
  if (chosen.includes('subscriptions')) {
    const isMet = await benchSubscriptions({
      postgresUrl,
      ...(flags.quick && { events: 10_000, subscriptions: 100, seconds: 30 }),
    })
    console.log(isMet ? 'All targets are met.' : 'Not all targets are met.')
  }
} finally {
  await postgres?.remove()
}

/** A PostgreSQL of its own that really writes to the disk, because that is what is measured. */
async function durablePostgres(): Promise<{ adminUrl: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'sre-portal-bench-'))
  await chmod(folder, 0o711)
  const dataDir = join(folder, 'postgres')
  const adminPassword = randomBytes(16).toString('hex')
  const server = await startPostgres({ dataDir, adminPassword, port: 0, durable: true })
  return {
    adminUrl: server.adminUrl,
    remove: async () => {
      await server.stop()
      await removePostgresData(dataDir)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
