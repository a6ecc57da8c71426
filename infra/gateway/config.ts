import { z } from 'zod'
import { portSchema, readConfig, serviceConfigSchema } from '@sre-portal/platform/config'

const urlSchema = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })

const gatewayConfigSchema = serviceConfigSchema.omit({ POSTGRES_URL: true, EVENTSTORE_URL: true }).extend({
  PORT: portSchema.default(8080),
  COMMAND_SERVICE_URL: urlSchema.default('http://127.0.0.1:8081'),
  QUERY_SERVICE_URL: urlSchema.default('http://127.0.0.1:8082'),
  PORTAL_DIR: z.string().default('web/dist'),
})

export const readGatewayConfig = (env: NodeJS.ProcessEnv) => readConfig(gatewayConfigSchema, env)
