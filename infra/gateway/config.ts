import { z } from 'zod'
import { portSchema, readConfig, serviceConfigSchema } from '@sre-portal/platform/config'
import { usualConnectionsAnAddress, usualRequestsAnAddress } from './perAddress.ts'

const urlSchema = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })

const limit = (value: number) => z.coerce.number().int().positive().default(value)

const gatewayConfigSchema = serviceConfigSchema.omit({ POSTGRES_URL: true, EVENTSTORE_URL: true }).extend({
  PORT: portSchema.default(8080),
  COMMAND_SERVICE_URL: urlSchema.default('http://127.0.0.1:8081'),
  QUERY_SERVICE_URL: urlSchema.default('http://127.0.0.1:8082'),
  LIMIT_REQUESTS_AN_ADDRESS: limit(usualRequestsAnAddress),
  LIMIT_CONNECTIONS_AN_ADDRESS: limit(usualConnectionsAnAddress),
  PORTAL_DIR: z.string().default('web/dist'),
})

export const readGatewayConfig = (env: NodeJS.ProcessEnv) => readConfig(gatewayConfigSchema, env)
