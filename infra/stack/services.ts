import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inDatabase } from '../databases.ts'
import { demoAccounts, demoPassword } from '../demo/accounts.ts'
import { engineFlags } from '../event-store/engineFlags.mjs'
import { roleName, type ServiceName } from '../roles.ts'
import type { StackSecrets } from './secrets.ts'
import { repository, type Settings } from './settings.ts'
import type { ProcessSpec } from './supervise.ts'

/** A process of the stack, and the address that answers with success once it can work. */
export interface ServiceSpec extends ProcessSpec {
  probe: string
}

export const eventStoreDatabase = { name: 'eventstore', owner: 'eventstore' } as const
export const portalDatabase = 'portal'
/** Folder of what the executor could not tell yet, in the data folder. */
export const executorJournal = 'executor-journal'

interface Surroundings {
  settings: Settings
  secrets: StackSecrets
  /** PostgreSQL, as its administrator. */
  adminUrl: string
  eventStoreUrl: string
}

const preload = [
  '--import',
  fileURLToPath(new URL('./stopWithParent.mjs', import.meta.url)),
  '--import',
  'tsx',
]

/** Names that the stack reads for itself; its parts are told their own values. */
const ownNames =
  /^(npm_.*|PORT|.*_PORT|HOST|TLS_.*|DATA_DIR|POSTGRES_.*|EVENTSTORE_.*|JWT_.*|CREDENTIAL_.*|BOOTSTRAP_.*|TRUSTED_PROXY_HOPS|DEMO)$/
const inherited = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !ownNames.test(name)))

function processOf(
  name: string,
  main: string,
  port: number,
  probePath: string,
  env: NodeJS.ProcessEnv,
): ServiceSpec {
  return {
    name,
    args: [...preload, main],
    cwd: repository,
    env: { ...inherited(), NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), ...env },
    probe: `http://127.0.0.1:${port}${probePath}`,
  }
}

/** The embedded event store; it knows its own database only. */
export function eventStoreSpec({
  settings,
  secrets,
  adminUrl,
}: Omit<Surroundings, 'eventStoreUrl'>): ServiceSpec {
  const { name, owner } = eventStoreDatabase
  const port = settings.ports.EVENTSTORE_PORT
  const spec = processOf('event-store', 'infra/event-store/main.ts', port, '/health/live', {
    EVENTSTORE_POSTGRES_URL: inDatabase(adminUrl, name, {
      user: owner,
      password: secrets.passwords.eventstore,
    }),
  })
  return { ...spec, args: [...engineFlags, ...spec.args, '--port', String(port)] }
}

/** The four services and the gateway. */
export function serviceSpecs({ settings, secrets, adminUrl, eventStoreUrl }: Surroundings): ServiceSpec[] {
  const { ports, gateway, logLevel } = settings
  const service = (name: ServiceName, folder: string, port: number, more: NodeJS.ProcessEnv) =>
    processOf(folder, join(folder, 'src', 'main.ts'), port, '/readyz', {
      LOG_LEVEL: logLevel,
      POSTGRES_URL: inDatabase(adminUrl, portalDatabase, {
        user: roleName(name),
        password: secrets.passwords[name],
      }),
      EVENTSTORE_URL: eventStoreUrl,
      TRUSTED_PROXY_HOPS: '1',
      DEMO: 'true',
      ...more,
    })
  const { jwtSecretFile, credentialKeysFile } = secrets
  // The demonstration's databases are on this machine.
  const targets = { CREDENTIAL_KEYS_FILE: credentialKeysFile, TARGET_NETWORKS: '127.0.0.0/8,::1/128' }
  return [
    service('command', 'command-service', ports.COMMAND_SERVICE_PORT, {
      JWT_SECRET_FILE: jwtSecretFile,
      ...targets,
      BOOTSTRAP_ADMIN_EMAIL: demoAccounts.admin.email,
      BOOTSTRAP_ADMIN_NAME: demoAccounts.admin.name,
      BOOTSTRAP_ADMIN_PASSWORD: demoPassword,
    }),
    service('projector', 'projector', ports.PROJECTOR_PORT, {}),
    service('query', 'query-service', ports.QUERY_SERVICE_PORT, { JWT_SECRET_FILE: jwtSecretFile }),
    service('executor', 'executor', ports.EXECUTOR_PORT, {
      ...targets,
      EXECUTOR_ID: 'executor-1',
      EXECUTOR_JOURNAL_DIR: join(settings.dataDir, executorJournal),
    }),
    gatewaySpec(),
  ]

  function gatewaySpec(): ServiceSpec {
    const secure = gateway.tlsCertFile !== undefined
    const reachable = gateway.host === '0.0.0.0' || gateway.host === '::' ? '127.0.0.1' : gateway.host
    const spec = processOf('gateway', 'infra/gateway/main.ts', ports.PORT, '/readyz', {
      LOG_LEVEL: logLevel,
      HOST: gateway.host,
      TRUSTED_PROXY_HOPS: String(gateway.trustedProxyHops),
      TLS_CERT_FILE: gateway.tlsCertFile,
      TLS_KEY_FILE: gateway.tlsKeyFile,
      COMMAND_SERVICE_URL: `http://127.0.0.1:${ports.COMMAND_SERVICE_PORT}`,
      QUERY_SERVICE_URL: `http://127.0.0.1:${ports.QUERY_SERVICE_PORT}`,
      PORTAL_DIR: join(repository, 'web', 'dist'),
    })
    return { ...spec, probe: `http${secure ? 's' : ''}://${reachable}:${ports.PORT}/readyz` }
  }
}
