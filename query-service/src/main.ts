import { z } from 'zod'
import {
  flagSchema,
  jwtSecretSchema,
  portSchema,
  readConfig,
  serviceConfigSchema,
} from '@sre-portal/platform/config'
import { connectEventStore } from '@sre-portal/platform/eventStore'
import { listen } from '@sre-portal/platform/http/listen'
import { usualShare } from '@sre-portal/platform/http/personGate'
import { createLog } from '@sre-portal/platform/log'
import { createPool } from '@sre-portal/platform/postgres'
import { runService } from '@sre-portal/platform/service'
import { watchEventStore } from '@sre-portal/platform/storeWatch'
import { createQueryService } from './app.ts'

const configSchema = serviceConfigSchema.extend({
  PORT: portSchema.default(8082),
  JWT_SECRET: jwtSecretSchema,
  DEMO: flagSchema.default(false),
  LIMIT_REQUESTS_AT_ONCE: z.coerce.number().int().positive().default(usualShare.atOnce),
  QUERY_WAIT_MS: z.coerce.number().int().min(0).max(2000).default(500),
})

const log = createLog('query-service', process.env['LOG_LEVEL'] ?? 'info')

await runService(log, async () => {
  const config = readConfig(configSchema, process.env)
  const pool = createPool(config.POSTGRES_URL, 'query-service', log)
  const store = connectEventStore(config.EVENTSTORE_URL)
  const stopWatching = watchEventStore(store, log)
  const service = createQueryService({
    pool,
    store,
    log,
    jwtSecret: config.JWT_SECRET,
    trustedProxyHops: config.TRUSTED_PROXY_HOPS,
    publicDescription: config.DEMO,
    waitMs: config.QUERY_WAIT_MS,
    share: { ...usualShare, atOnce: config.LIMIT_REQUESTS_AT_ONCE },
  })
  const server = await listen(service.app, {
    host: config.HOST,
    port: config.PORT,
    tlsCertFile: config.TLS_CERT_FILE,
    tlsKeyFile: config.TLS_KEY_FILE,
    trustedProxyHops: config.TRUSTED_PROXY_HOPS,
  })
  log.info({ url: server.url }, 'query-service is listening')
  return [
    { name: 'streams', close: () => service.close() },
    { name: 'http', close: () => server.close() },
    {
      name: 'event store',
      close: () => {
        stopWatching()
        return store.close()
      },
    },
    { name: 'postgres', close: () => pool.end() },
  ]
})
