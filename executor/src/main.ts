import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { z } from 'zod'
import { endAnalysis, startAnalysis } from '@sre-portal/analysis/textAnalysis'
import {
  flagSchema,
  networksSchema,
  portSchema,
  readConfig,
  serviceConfigSchema,
} from '@sre-portal/platform/config'
import { connectEventStore } from '@sre-portal/platform/eventStore'
import { createFailpoints } from '@sre-portal/platform/failpoint'
import { listen } from '@sre-portal/platform/http/listen'
import { createLog } from '@sre-portal/platform/log'
import { createPool } from '@sre-portal/platform/postgres'
import { parseKeyRing } from '@sre-portal/platform/secretBox'
import { runService } from '@sre-portal/platform/service'
import { watchEventStore } from '@sre-portal/platform/storeWatch'
import { hostsOfUrl } from './addresses/addressRules.ts'
import { startExecutor } from './app.ts'
import { ScriptSandbox } from './sandbox/scriptSandbox.ts'

const service = 'executor'
const milliseconds = (value: number) => z.coerce.number().int().positive().default(value)

const configSchema = serviceConfigSchema.extend({
  PORT: portSchema.default(8084),
  CREDENTIAL_KEYS: z.string(),
  EXECUTOR_ID: z.string().min(1).max(100).default(hostname()),
  EXECUTOR_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(4),
  EXECUTOR_JOURNAL_DIR: z.string().default('.data/executor-journal'),
  EXECUTOR_LEASE_MS: milliseconds(10_000),
  EXECUTOR_RECOVERY_INTERVAL_MS: milliseconds(2000),
  EXECUTOR_OVERLOOKED_AFTER_MS: milliseconds(15_000),
  TARGET_CONNECT_TIMEOUT_MS: milliseconds(10_000),
  TARGET_NETWORKS: networksSchema,
  SANDBOX_JITLESS: flagSchema.default(true),
  FAILPOINT: z.string().optional(),
})

// The longest run, and time to tell of it.
const runsMs = 45_000
// Leaving the group and the reading of the log takes several questions.
const leaveMs = 6_000
// What a run has kept is garbage when it has ended; by itself V8 would let it grow to several times the size of what is in use.
setFlagsFromString('--heap-growing-percent=50')
const log = createLog(service, process.env['LOG_LEVEL'] ?? 'info')

await runService(log, async () => {
  const config = readConfig(configSchema, process.env)
  startAnalysis(['sql'], (err) => log.error({ err }, 'a text could not be analysed'))
  const keyRing = parseKeyRing(config.CREDENTIAL_KEYS)
  const own = [...hostsOfUrl(config.POSTGRES_URL, 5432), ...hostsOfUrl(config.EVENTSTORE_URL, 2113)]
  const addresses = { allowed: config.TARGET_NETWORKS, own }
  const pool = createPool(config.POSTGRES_URL, service, log)
  const journalPool = createPool(withoutSyncedCommit(config.POSTGRES_URL), service, log)
  const store = connectEventStore(config.EVENTSTORE_URL)
  const stopWatching = watchEventStore(store, log)
  const sandbox = new ScriptSandbox({ jitless: config.SANDBOX_JITLESS })
  const executor = startExecutor({
    context: {
      store,
      pool,
      journalPool,
      keyRing,
      log,
      executorId: config.EXECUTOR_ID,
      ownerId: `${config.EXECUTOR_ID}/${randomUUID()}`,
      sandbox,
      leaseMs: config.EXECUTOR_LEASE_MS,
      connectTimeoutMs: config.TARGET_CONNECT_TIMEOUT_MS,
      addresses,
      failpoint: createFailpoints(config.FAILPOINT),
      now: () => new Date(),
      newId: () => randomUUID(),
    },
    concurrency: config.EXECUTOR_CONCURRENCY,
    journalDirectory: `${config.EXECUTOR_JOURNAL_DIR}/${config.EXECUTOR_ID.replaceAll(/[^\w.-]/g, '_')}`,
    recoveryIntervalMs: config.EXECUTOR_RECOVERY_INTERVAL_MS,
    overlookedAfterMs: config.EXECUTOR_OVERLOOKED_AFTER_MS,
    trustedProxyHops: config.TRUSTED_PROXY_HOPS,
  })
  const listening = await listen(executor.app, {
    host: config.HOST,
    port: config.PORT,
    tlsCertFile: config.TLS_CERT_FILE,
    tlsKeyFile: config.TLS_KEY_FILE,
    trustedProxyHops: config.TRUSTED_PROXY_HOPS,
  })
  log.info({ url: listening.url, sandbox: sandbox.sandbox.platform.level }, 'executor is listening')
  return [
    { name: 'runs under way', close: () => executor.finishRuns(), workMs: runsMs },
    { name: 'executor', close: () => executor.stop(), workMs: leaveMs },
    { name: 'http', close: () => listening.close() },
    { name: 'sandbox', close: () => sandbox.close() },
    {
      name: 'event store',
      close: () => {
        stopWatching()
        return store.close()
      },
    },
    {
      name: 'postgres',
      close: async () => {
        await Promise.all([pool.end(), journalPool.end()])
      },
    },
    { name: 'analysis threads', close: endAnalysis },
  ]
})

function withoutSyncedCommit(url: string): string {
  const changed = new URL(url)
  changed.searchParams.set('options', '-c synchronous_commit=off')
  return changed.href
}
