import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { flagSchema, portSchema, readConfig, serviceConfigSchema } from '@sre-portal/platform/config'
import { freePort } from '../ports.ts'

export const repository = fileURLToPath(new URL('../../', import.meta.url))

const portNames = [
  'PORT',
  'COMMAND_SERVICE_PORT',
  'QUERY_SERVICE_PORT',
  'PROJECTOR_PORT',
  'EXECUTOR_PORT',
  'EVENTSTORE_PORT',
  'POSTGRES_PORT',
  'MONGO_PORT',
] as const
export type PortName = (typeof portNames)[number]

const usualPorts: Record<PortName, number> = {
  PORT: 8080,
  COMMAND_SERVICE_PORT: 8081,
  QUERY_SERVICE_PORT: 8082,
  PROJECTOR_PORT: 8083,
  EXECUTOR_PORT: 8084,
  EVENTSTORE_PORT: 2113,
  POSTGRES_PORT: 5433,
  MONGO_PORT: 27018,
}

const portsSchema = z.object(
  Object.fromEntries(portNames.map((name) => [name, portSchema.optional()])) as Record<
    PortName,
    z.ZodOptional<typeof portSchema>
  >,
)
const schema = serviceConfigSchema
  .omit({ POSTGRES_URL: true })
  .partial({ EVENTSTORE_URL: true })
  .extend(portsSchema.shape)
  .extend({ DATA_DIR: z.string().default('.data'), WITH_MONGO: flagSchema.default(false) })

export interface Settings {
  /** Begin anew: what the stack had made in the data folder is removed first. */
  fresh: boolean
  dataDir: string
  /** Adds a MongoDB to the demonstration. */
  withMongo: boolean
  ports: Record<PortName, number>
  logLevel: string
  /** A real EventStoreDB; without it the embedded one is started. */
  eventStoreUrl: string | undefined
  gateway: {
    host: string
    trustedProxyHops: number
    tlsCertFile: string | undefined
    tlsKeyFile: string | undefined
  }
}

/**
 * Reads what the stack itself takes from the environment. PORT=0 means any free port, for every part that has none of its own, so that
 * a second stack runs beside the first one.
 */
export async function readSettings(env: NodeJS.ProcessEnv, fresh: boolean): Promise<Settings> {
  const config = readConfig(schema, env)
  const ports = { ...usualPorts }
  for (const name of portNames) {
    const wanted = config[name] ?? (config.PORT === 0 ? 0 : usualPorts[name])
    ports[name] = wanted === 0 ? await freePort() : wanted
  }
  return {
    fresh,
    dataDir: isAbsolute(config.DATA_DIR) ? config.DATA_DIR : resolve(repository, config.DATA_DIR),
    withMongo: config.WITH_MONGO,
    ports,
    logLevel: config.LOG_LEVEL,
    eventStoreUrl: config.EVENTSTORE_URL,
    gateway: {
      host: config.HOST,
      trustedProxyHops: config.TRUSTED_PROXY_HOPS,
      tlsCertFile: config.TLS_CERT_FILE,
      tlsKeyFile: config.TLS_KEY_FILE,
    },
  }
}
