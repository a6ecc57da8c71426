import { readConfig, serviceConfigSchema } from '@sre-portal/platform/config'
import { connectEventStore } from '@sre-portal/platform/eventStore'
import { createLog } from '@sre-portal/platform/log'
import { createPool } from '@sre-portal/platform/postgres'
import { differencesInWords, isWhatEventsSay } from './differencesInWords.ts'
import { rebuild } from './rebuild.ts'
import { progressBar } from './progressBar.ts'

const configSchema = serviceConfigSchema.pick({ POSTGRES_URL: true, EVENTSTORE_URL: true })

try {
  const config = readConfig(configSchema, process.env)
  const pool = createPool(config.POSTGRES_URL, 'rebuild', createLog('rebuild', 'warn'), 4)
  const store = connectEventStore(config.EVENTSTORE_URL)
  const bar = progressBar(process.stdout)
  const startedAt = performance.now()
  const { events, auditDifferences } = await rebuild({
    pool,
    store,
    maxBatch: 512,
    failpoint: () => {},
    onProgress: bar.show,
  })
  bar.end()
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  process.stdout.write(
    `Rebuilt the read models from ${events.toLocaleString('en-US')} events in ${seconds} s.\n`,
  )
  const isTrue = isWhatEventsSay(auditDifferences)
  const out = isTrue ? process.stdout : process.stderr
  out.write(`${differencesInWords(auditDifferences)}\n`)
  if (!isTrue) process.exitCode = 2
  await store.close()
  await pool.end()
} catch (error) {
  process.stderr.write(
    `\nThe read models were not rebuilt; the present ones stay. ${(error as Error).message}\n`,
  )
  process.exit(1)
}
