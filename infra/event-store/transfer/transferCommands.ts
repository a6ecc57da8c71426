import type { Command } from 'commander'
import { describeError } from '../describeError.ts'
import { describeSummary, emptySummary } from './importSummary.ts'
import { TransferFault } from './transferFault.ts'

/** What the commands that move logs end with. */
export const exitCode = { done: 0, fault: 1, different: 2, leftOut: 3 } as const

const unclosedMeans =
  "read a file without a closing line: a file of an older version, or one that was cut, which can't be told apart"

/** Adds `export`, `import` and `verify`. */
export function addTransferCommands(program: Command, postgresUrl: () => string): void {
  program
    .command('export')
    .description('write every event of a log as NDJSON, to a file or to standard output')
    .option('--file <path>', 'file to write; it has this name only when it is complete')
    .action((flags: { file?: string }) =>
      finishing(async () => {
        const { exportEvents } = await import('./exportEvents.ts')
        const { writeWhole } = await import('./exportFile.ts')
        const url = postgresUrl()
        const count =
          flags.file === undefined
            ? await exportEvents(url, process.stdout, false)
            : await writeWhole(flags.file, (output) => exportEvents(url, output, true))
        console.error(`Exported ${count} events.`)
        return exitCode.done
      }),
    )

  program
    .command('import')
    .description('append exported events to any EventStoreDB, through its client, in the order of the log')
    .requiredOption('--to <address>', 'connection string of the EventStoreDB, esdb://...')
    .option('--file <path>', 'file to read instead of standard input')
    .option('--skip-tombstoned', 'events of streams that the target has tombstoned may be left out', false)
    .option(
      '--keep-digits-as-binary',
      'send JSON that the client would change byte for byte, as binary',
      false,
    )
    .option('--unclosed', unclosedMeans, false)
    .action((flags: ImportFlags) => finishing(() => runImport(flags)))

  program
    .command('verify')
    .description('compare two logs: counts and contents of each stream, and the order of the events')
    .requiredOption('--from <log>', 'the original: an exported file, esdb://... or postgres://...')
    .requiredOption('--to <log>', 'the copy, in the same forms')
    .option('--unclosed', unclosedMeans, false)
    .action((flags: { from: string; to: string; unclosed: boolean }) =>
      finishing(async () => {
        const { logSource } = await import('./logSources.ts')
        const { describeComparison, isSameLog, verifyLogs } = await import('./verifyLogs.ts')
        const reading = { unclosed: flags.unclosed, say: console.error }
        const comparison = await verifyLogs(logSource(flags.from, reading), logSource(flags.to, reading))
        console.error(describeComparison(comparison))
        return isSameLog(comparison) ? exitCode.done : exitCode.different
      }),
    )
}

interface ImportFlags {
  to: string
  file?: string
  skipTombstoned: boolean
  keepDigitsAsBinary: boolean
  unclosed: boolean
}

async function runImport(flags: ImportFlags): Promise<number> {
  const { importEvents } = await import('./importEvents.ts')
  const { eventsToImport } = await import('./logSources.ts')
  const events = await eventsToImport(flags.file, { unclosed: flags.unclosed, say: console.error })
  const summary = emptySummary()
  try {
    await importEvents(flags.to, events, summary, flags)
  } catch (error) {
    console.error(describeSummary(summary))
    throw error
  }
  console.error(describeSummary(summary))
  return summary.tombstoned.size > 0 && !flags.skipTombstoned ? exitCode.leftOut : exitCode.done
}

/** A fault is the result until the work says otherwise, and the process ends then, whatever is still open. */
export async function finishing(work: () => Promise<number>): Promise<void> {
  process.exitCode = exitCode.fault
  try {
    process.exitCode = await work()
  } catch (error) {
    console.error(`eventstore: ${error instanceof TransferFault ? error.message : describeError(error)}`)
  }
  process.exit()
}
