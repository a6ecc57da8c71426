import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CanaryPlace } from '@sre-portal/executor/testing/canaryPlace'
import type { HistoryEntry } from '../faults/history.ts'
import setUp from '../setup/globalSetup.ts'
import { keepHistory } from './keepHistory.ts'
import { memorySlopes } from './memorySlope.ts'
import { run, type RunReport } from './run.ts'

// npm run soak -- --minutes 30 --seed 7 --executors 3
const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string' },
    executors: { type: 'string', default: '3' },
    hostile: { type: 'string', default: '5' },
  },
})
const seed = Number(flags.seed ?? Math.floor(Math.random() * 2 ** 31))
const attacks = fileURLToPath(new URL('../sandbox-attacks/', import.meta.url))

const startedAt = Date.now()
const say = (words: string) =>
  console.log(`${String(Math.round((Date.now() - startedAt) / 1000)).padStart(5)} s  ${words}`)

say(`Seed ${seed}: the same choices come again with --seed ${seed}; what they meet depends on the machine.`)
const tearDown = await setUp()
const place = await CanaryPlace.open()
try {
  const report = await run({
    seed,
    durationMs: Number(flags.minutes) * 60_000,
    executors: Number(flags.executors),
    clients: 4,
    pauseMs: [500, 5000],
    hostile: await hostileScripts(place),
    hostilePercent: Number(flags.hostile),
    onProgress: say,
  })
  const wrong = [...report.wrong, ...place.traces().map((trace) => `a hostile script: ${trace}`)]
  print(report)
  if (wrong.length > 0) say(`The history is in ${await keepHistory(seed, report, wrong)}`)
  for (const words of wrong) console.log(`wrong: ${words}`)
  say(wrong.length === 0 ? 'All invariants hold.' : `${wrong.length} things are wrong.`)
  process.exitCode = wrong.length === 0 ? 0 : 1
} finally {
  place.close()
  await tearDown()
}

async function hostileScripts(place: CanaryPlace): Promise<string[]> {
  const names = (await readdir(attacks)).filter((name) => name.endsWith('.js') && name !== 'prelude.js')
  const prelude = await readFile(join(attacks, 'prelude.js'), 'utf8')
  const sources = await Promise.all(names.map((name) => readFile(join(attacks, name), 'utf8')))
  return sources.map((source) => place.fill(`${prelude}${source}`))
}

function print({ counts, outcomes, memory, evidence, childrenSeen }: RunReport): void {
  const table = (title: string, numbers: Record<string, number>) => {
    console.log(`\n${title}`)
    for (const [name, count] of Object.entries(numbers).toSorted())
      console.log(`${String(count).padStart(7)}  ${name}`)
  }
  table('What was done', counts)
  table('Why nobody knows what came of a command', unknownAnswers(evidence.history))
  table('How requests ended', outcomes)
  table('What was checked', {
    requests: evidence.requests.length,
    events: [...evidence.events.values()].reduce((sum, { length }) => sum + length, 0),
    'marks at the targets': evidence.marks.length,
    "statements in PostgreSQL's log": evidence.statements.length,
    'looks at the checkpoint': evidence.checkpoints.length,
    'child processes': childrenSeen,
  })
  console.log('\nMemory: most, and slope of the longest-lived process after its first 20 s')
  for (const { part, most, slope, seconds } of memorySlopes(memory))
    console.log(
      `${String(Math.round(most)).padStart(7)} MiB  ${part.padEnd(16)} ${slope === null ? 'none lived long enough to tell' : `${slope.toFixed(2)} MiB a minute over ${seconds} s`}`,
    )
  console.log('')
}

function unknownAnswers(history: HistoryEntry[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const entry of history) if (entry.type === 'info') counts[entry.words] = (counts[entry.words] ?? 0) + 1
  return counts
}
