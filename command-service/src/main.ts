import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { endAnalysis, startAnalysis } from '@sre-portal/analysis/textAnalysis'
import { defaultExecutionLimits, emailSchema } from '@sre-portal/contracts'
import {
  flagSchema,
  jwtSecretSchema,
  networksSchema,
  portSchema,
  readConfig,
  serviceConfigSchema,
} from '@sre-portal/platform/config'
import { connectEventStore } from '@sre-portal/platform/eventStore'
import { listen } from '@sre-portal/platform/http/listen'
import { usualShare } from '@sre-portal/platform/http/personGate'
import { createLog } from '@sre-portal/platform/log'
import { createPool } from '@sre-portal/platform/postgres'
import { parseKeyRing } from '@sre-portal/platform/secretBox'
import { runService } from '@sre-portal/platform/service'
import { keepTrying } from '@sre-portal/platform/keepTrying'
import { watchEventStore } from '@sre-portal/platform/storeWatch'
import { missingKeys, missingKeysInWords } from '@sre-portal/platform/storedSecrets'
import { createCommandApp } from './app.ts'
import { keepSettling } from './auth/keepSettling.ts'
import { createPasswords } from './auth/passwords.ts'
import { dateStoredPasswords } from './auth/settlePassword.ts'
import { ensureFirstAdministrator } from './bootstrap.ts'
import { defaultBounds, type Context } from './context.ts'
import { followDirectory } from './directory.ts'
import { openDirectory } from './directoryStream.ts'
import { forgetOldKeys } from './idempotency.ts'

const service = 'command-service'
const limit = (value: number) => z.coerce.number().int().positive().default(value)

const configSchema = serviceConfigSchema.extend({
  PORT: portSchema.default(8081),
  JWT_SECRET: jwtSecretSchema,
  CREDENTIAL_KEYS: z.string(),
  DEMO: flagSchema.default(false),
  TARGET_NETWORKS: networksSchema,
  BCRYPT_COST: z.coerce.number().int().min(4).max(15).default(12),
  BOOTSTRAP_ADMIN_EMAIL: emailSchema.optional(),
  BOOTSTRAP_ADMIN_NAME: z.string().default('Administrator'),
  BOOTSTRAP_ADMIN_PASSWORD: z.string().optional(),
  LIMIT_TIME_MS: limit(defaultExecutionLimits.timeMs),
  LIMIT_ROWS: limit(defaultExecutionLimits.maxRows),
  LIMIT_RESULT_BYTES: limit(defaultExecutionLimits.maxResultBytes),
  LIMIT_LOG_BYTES: limit(defaultExecutionLimits.maxLogBytes),
  LIMIT_STATEMENTS: limit(defaultExecutionLimits.maxStatements),
  LIMIT_PENDING_REQUESTS: limit(defaultBounds.pendingRequests),
  LIMIT_SUBMISSIONS_A_MINUTE: limit(defaultBounds.submissionsAMinute),
  LIMIT_INSTANCE_TESTS_A_MINUTE: limit(defaultBounds.instanceTestsAMinute),
  LIMIT_REQUESTS_AT_ONCE: limit(usualShare.atOnce),
})

const log = createLog(service, process.env.LOG_LEVEL ?? 'info')

await runService(log, async () => {
  const config = readConfig(configSchema, process.env)
  if (config.NODE_ENV === 'production' && config.BCRYPT_COST < 12)
    throw new Error('BCRYPT_COST below 12 is for tests only (NODE_ENV=test).')
  startAnalysis(['sql', 'script'], (err) => log.error({ err }, 'a text could not be analysed'))
  const keyRing = parseKeyRing(config.CREDENTIAL_KEYS)
  const pool = createPool(config.POSTGRES_URL, service, log)
  const store = connectEventStore(config.EVENTSTORE_URL)
  const stopWatching = watchEventStore(store, log)
  const directory = followDirectory(store, log)
  const context: Context = {
    store,
    pool,
    log,
    directory,
    keyRing,
    jwtSecret: config.JWT_SECRET,
    passwordCost: config.BCRYPT_COST,
    demo: config.DEMO,
    allowedNetworks: config.TARGET_NETWORKS,
    limits: {
      timeMs: config.LIMIT_TIME_MS,
      maxRows: config.LIMIT_ROWS,
      maxResultBytes: config.LIMIT_RESULT_BYTES,
      maxLogBytes: config.LIMIT_LOG_BYTES,
      maxStatements: config.LIMIT_STATEMENTS,
    },
    bounds: {
      pendingRequests: config.LIMIT_PENDING_REQUESTS,
      submissionsAMinute: config.LIMIT_SUBMISSIONS_A_MINUTE,
      instanceTestsAMinute: config.LIMIT_INSTANCE_TESTS_A_MINUTE,
    },
    share: { ...usualShare, atOnce: config.LIMIT_REQUESTS_AT_ONCE },
    now: () => new Date(),
    newId: () => randomUUID(),
  }
  const passwords = createPasswords(config.BCRYPT_COST)
  const { BOOTSTRAP_ADMIN_EMAIL: email, BOOTSTRAP_ADMIN_PASSWORD: password } = config
  const prepared = keepTrying(log, 'names and administrators are not known yet', async () => {
    await directory.complete
    for (const missing of await missingKeys(pool, keyRing))
      log.error(missing, missingKeysInWords([missing])[0])
    await openDirectory(context)
    await forgetOldKeys(context)
    await dateStoredPasswords(context)
    if (!email || !password) return
    await ensureFirstAdministrator(context, passwords, {
      email,
      name: config.BOOTSTRAP_ADMIN_NAME,
      password,
    })
  })
  const settling = keepSettling(context)
  const startUp = { trouble: () => prepared.trouble() }
  const listening = await listen(createCommandApp(context, config.TRUSTED_PROXY_HOPS, passwords, startUp), {
    host: config.HOST,
    port: config.PORT,
    tlsCertFile: config.TLS_CERT_FILE,
    tlsKeyFile: config.TLS_KEY_FILE,
    trustedProxyHops: config.TRUSTED_PROXY_HOPS,
  })
  log.info(`listening on ${listening.url}`)
  return [
    { name: 'http', close: () => listening.close() },
    {
      name: 'directory',
      close: () => {
        prepared.stop()
        settling.stop()
        stopWatching()
        directory.close()
        return Promise.resolve()
      },
    },
    { name: 'event store', close: () => store.close() },
    { name: 'postgres', close: () => pool.end() },
    { name: 'analysis threads', close: endAnalysis },
  ]
})
