import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { readConfig } from '@sre-portal/platform/config'
import { connectEventStore } from '@sre-portal/platform/eventStore'
import { createLog } from '@sre-portal/platform/log'
import { createPool } from '@sre-portal/platform/postgres'
import { parseKeyRing } from '@sre-portal/platform/secretBox'
import { rotate } from './rotate.ts'

const configSchema = z.object({
  POSTGRES_ADMIN_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres://'),
  EVENTSTORE_URL: z.string(),
  CREDENTIAL_KEYS: z.string(),
})

/** `npm run vault -- rotate`: seals the passwords of all instances by the first key of CREDENTIAL_KEYS. Code 1 when any could not be opened. */
try {
  if (process.argv.slice(2).join(' ') !== 'rotate')
    throw new Error('There is one command: npm run vault -- rotate')
  process.exitCode = await run()
} catch (error) {
  console.error(`Nothing more was sealed. ${(error as Error).message}`)
  process.exitCode = 1
}

async function run(): Promise<number> {
  const config = readConfig(configSchema, process.env)
  const keyRing = parseKeyRing(config.CREDENTIAL_KEYS)
  const pool = createPool(config.POSTGRES_ADMIN_URL, 'vault', createLog('vault', 'warn'), 2)
  const store = connectEventStore(config.EVENTSTORE_URL)
  try {
    const { resealed, asNow, refused } = await rotate({
      pool,
      store,
      keyRing,
      now: () => new Date(),
      newId: () => randomUUID(),
    })
    console.log(
      `Sealed by ${keyRing.activeKeyId}: ${resealed.length} anew, ${asNow.length} already. Could not be opened: ${refused.length}.`,
    )
    for (const { instanceId, reason } of refused) console.error(`${instanceId}: ${reason}`)
    return refused.length > 0 ? 1 : 0
  } finally {
    await store.close()
    await pool.end()
  }
}
