import { Command, InvalidArgumentError, Option } from 'commander'
import { endWhenAsked } from '@sre-portal/platform/ending'
import { createLog } from '@sre-portal/platform/log'
import { describeError } from './describeError.ts'
import { defaultPasswords, type Passwords } from './security/exposure.ts'
import { startEventStore } from './server.ts'
import { addTransferCommands, exitCode, finishing } from './transfer/transferCommands.ts'

interface ServeFlags {
  port: number
  host: string
  postgres?: string
  advertiseHost?: string
  advertisePort?: number
  requireAuth: boolean
  maxAppendSize: number
}

const program = new Command('eventstore')
  .description(
    'An EventStoreDB for one machine, kept in PostgreSQL. Clients connect with an ordinary esdb:// address.',
  )
  .addOption(postgresOption())
  .option('--port <number>', 'port to listen on', parsePort, 2113)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--advertise-host <name>', 'name by which other machines reach this server')
  .option('--advertise-port <number>', 'port by which other machines reach this server', parsePort)
  .option(
    '--require-auth',
    'ask for Basic authentication as admin or ops (behind a TLS proxy); passwords come from ' +
      'EVENTSTORE_ADMIN_PASSWORD and EVENTSTORE_OPS_PASSWORD',
    false,
  )
  .option('--max-append-size <bytes>', 'largest append in bytes', parseSize, 1024 * 1024)
  .showHelpAfterError()
  .action((flags: ServeFlags) => serve(flags))

program
  .command('prepare')
  .description(
    'as an administrator, prepare any EventStoreDB for the portal: a user of its own (password from ' +
      'EVENTSTORE_PORTAL_PASSWORD), its right to read $all, the group of the executors',
  )
  .requiredOption('--to <address>', "connection string with an administrator's credentials, esdb://...")
  .requiredOption('--user <name>', 'user by which the services connect')
  .option('--ops', 'also make the user a member of $ops, which may replay parked messages', false)
  .action((flags: { to: string; user: string; ops: boolean }) =>
    finishing(async () => {
      const { prepareEventStore } = await import('../prepareEventStore.ts')
      const password = process.env['EVENTSTORE_PORTAL_PASSWORD']
      const steps = prepareEventStore(flags.to, { name: flags.user, password, isOperator: flags.ops })
      for await (const step of steps) console.error(step)
      return exitCode.done
    }),
  )

addTransferCommands(program, () => requirePostgres(program.opts<ServeFlags>().postgres))

program.parseAsync().catch((error: unknown) => {
  console.error(`eventstore: ${describeError(error)}`)
  process.exitCode = 1
})

async function serve(flags: ServeFlags): Promise<void> {
  const ending = endWhenAsked(createLog('event-store', process.env['LOG_LEVEL'] ?? 'info'))
  const store = await startEventStore({
    postgresUrl: requirePostgres(flags.postgres),
    host: flags.host,
    port: flags.port,
    ...(flags.advertiseHost === undefined ? {} : { advertiseHost: flags.advertiseHost }),
    ...(flags.advertisePort === undefined ? {} : { advertisePort: flags.advertisePort }),
    requireAuth: flags.requireAuth,
    passwords: passwordsFrom(process.env),
    maxAppendSizeBytes: flags.maxAppendSize,
    log: (line) => console.error(`eventstore: ${line}`),
  })
  console.log(`Event store is ready at ${store.connectionString}`)
  ending.closes([{ name: 'calls, and writing to PostgreSQL', close: () => store.close() }])
}

function passwordsFrom(environment: NodeJS.ProcessEnv): Passwords {
  const {
    EVENTSTORE_ADMIN_PASSWORD: admin = defaultPasswords.admin,
    EVENTSTORE_OPS_PASSWORD: ops = defaultPasswords.ops,
  } = environment
  return { admin, ops }
}

function postgresOption(): Option {
  return new Option('--postgres <url>', 'PostgreSQL database that keeps the log').env(
    'EVENTSTORE_POSTGRES_URL',
  )
}

function requirePostgres(url: string | undefined): string {
  if (!url) throw new Error('Say where the log is kept: --postgres postgres://user@host:5432/database')
  return url
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('Not a port.')
  return port
}

function parseSize(text: string): number {
  const size = Number(text)
  if (!Number.isInteger(size) || size < 1) throw new InvalidArgumentError('Not a number of bytes.')
  return size
}
