import { createLog } from '@sre-portal/platform/log'
import { listen } from '@sre-portal/platform/http/listen'
import { runService } from '@sre-portal/platform/service'
import { createGateway } from './app.ts'
import { readGatewayConfig } from './config.ts'
import { boundConnectionsAnAddress } from './perAddress.ts'

await runService(createLog('gateway', process.env['LOG_LEVEL'] ?? 'info'), async () => {
  const config = readGatewayConfig(process.env)
  const log = createLog('gateway', config.LOG_LEVEL)
  const app = createGateway({
    log,
    commandServiceUrl: config.COMMAND_SERVICE_URL,
    queryServiceUrl: config.QUERY_SERVICE_URL,
    portalDir: config.PORTAL_DIR,
    trustedProxyHops: config.TRUSTED_PROXY_HOPS,
    requestsAnAddress: config.LIMIT_REQUESTS_AN_ADDRESS,
  })
  const listening = await listen(app, {
    host: config.HOST,
    port: config.PORT,
    trustedProxyHops: config.TRUSTED_PROXY_HOPS,
    tlsCertFile: config.TLS_CERT_FILE,
    tlsKeyFile: config.TLS_KEY_FILE,
  })
  // Behind a proxy all connections are the proxy's.
  if (config.TRUSTED_PROXY_HOPS === 0)
    boundConnectionsAnAddress(listening.server, config.LIMIT_CONNECTIONS_AN_ADDRESS)
  log.info(`the portal is at ${listening.url}`)
  return [{ name: 'HTTP server', close: () => listening.close() }]
})
