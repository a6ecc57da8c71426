import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Passwords } from './security/basicAccess.ts'
import { startEventStore } from './server.ts'

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
  .command('export')
  .description('write every event of a log as NDJSON, to a file or to standard output')
  .option('--file <path>', 'file to write')
  .action(async (flags: { file?: string }) => {
    const { exportEvents } = await import('./transfer/exportEvents.ts')
    const { postgres } = program.opts<ServeFlags>()
    const output = flags.file === undefined ? process.stdout : createWriteStream(flags.file)
    const count = await exportEvents(requirePostgres(postgres), output)
    if (flags.file !== undefined) await new Promise<void>((resolve) => output.end(() => resolve()))
    console.error(`Exported ${count} events.`)
  })

program
  .command('import')
  .description('append exported events to any EventStoreDB, through its client')
  .requiredOption('--to <address>', 'connection string of the EventStoreDB, esdb://...')
  .option('--file <path>', 'file to read instead of standard input')
  .action(async (flags: { to: string; file?: string }) => {
    const { importEvents } = await import('./transfer/importEvents.ts')
    const input = flags.file === undefined ? process.stdin : createReadStream(flags.file)
    const summary = await importEvents(flags.to, createInterface({ input, crlfDelay: Infinity }))
    console.error(
      `Imported ${summary.imported} events; left out ${summary.skippedSystemEvents} of the server's own bookkeeping; ` +
        `${summary.respelledEvents} have the same JSON in another spelling.`,
    )
  })

program.parseAsync().catch((error: unknown) => {
  console.error(`eventstore: ${describe(error)}`)
  process.exitCode = 1
})

/** Errors of the client carry their kind apart from their message, which may be empty. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'type' in error ? `${String(error.type)} ${error.message}`.trim() : error.message
}

async function serve(flags: ServeFlags): Promise<void> {
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
  const stop = () => {
    store.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(`eventstore: shutdown failed: ${String(error)}`)
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

function passwordsFrom(environment: NodeJS.ProcessEnv): Passwords {
  const { EVENTSTORE_ADMIN_PASSWORD: admin = 'changeit', EVENTSTORE_OPS_PASSWORD: ops = 'changeit' } =
    environment
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
