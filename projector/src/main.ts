import { z } from 'zod'
import { portSchema, readConfig, serviceConfigSchema } from '@sre-portal/platform/config'
import { connectEventStore } from '@sre-portal/platform/eventStore'
import { createFailpoints } from '@sre-portal/platform/failpoint'
import { listen } from '@sre-portal/platform/http/listen'
import { createLog } from '@sre-portal/platform/log'
import { createPool } from '@sre-portal/platform/postgres'
import { runService } from '@sre-portal/platform/service'
import { watchEventStore } from '@sre-portal/platform/storeWatch'
import { startProjector } from './app.ts'

const configSchema = serviceConfigSchema.extend({
  PORT: portSchema.default(8083),
  PROJECTOR_MAX_BATCH: z.coerce.number().int().min(1).max(5000).default(256),
  FAILPOINT: z.string().optional(),
})

const log = createLog('projector', process.env['LOG_LEVEL'] ?? 'info')

await runService(log, async () => {
  const config = readConfig(configSchema, process.env)
  const pool = createPool(config.POSTGRES_URL, 'projector', log, 4)
  const store = connectEventStore(config.EVENTSTORE_URL)
  const stopWatching = watchEventStore(store, log)
  const projector = startProjector({
    pool,
    store,
    log,
    maxBatch: config.PROJECTOR_MAX_BATCH,
    failpoint: createFailpoints(config.FAILPOINT),
    trustedProxyHops: config.TRUSTED_PROXY_HOPS,
  })
  const server = await listen(projector.app, {
    host: config.HOST,
    port: config.PORT,
    tlsCertFile: config.TLS_CERT_FILE,
    tlsKeyFile: config.TLS_KEY_FILE,
    trustedProxyHops: config.TRUSTED_PROXY_HOPS,
  })
  log.info({ url: server.url }, 'projector is listening')
  return [
    { name: 'http', close: () => server.close() },
    { name: 'projection', close: () => projector.stop() },
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
