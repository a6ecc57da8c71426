import { maxQueryBytes, maxScriptBytes, type Engine, type ExecutionError } from '@sre-portal/contracts'
import type { ParsedShell } from './mongo/shellParser.ts'
import type { ParsedScript } from './script/scriptText.ts'
import type { Parsed } from './sql/statements.ts'
import { AnalysisLane, type GivenUp } from './threads/analysisLane.ts'
import type { Analyses, TextKind } from './threads/messages.ts'
import { threadCode } from './threads/threadCode.ts'
import { analysisFailed, tooBusy, tooComplex } from './textError.ts'

/** Texts up to this never wait behind long ones. */
const shortTextBytes = 8 * 1024

const lanes = new Map<string, AnalysisLane>()

/** Takes SQL apart into classified statements, or says where it is not SQL; on a thread of its own, within bounds of time and memory. */
export const parseSql = (content: string): Promise<Parsed> => analyse('sql', content)

/** Takes a query as people write it in mongosh apart into operations on `database`; on a thread of its own, within bounds of time and memory. */
export const parseMongo = (content: string, database: string | null = null): Promise<ParsedShell> =>
  analyse('mongo', content, { database })

/** Says where a script is not JavaScript, or would lose what it says; on a thread of its own, within bounds of time and memory. */
export const parseScript = (content: string, engine: Engine | null = null): Promise<ParsedScript> =>
  analyse('script', content, { engine })

let tell: (fault: Error) => void = () => undefined

/** Loads the parsers for short texts, so that the first one needn't wait for them. `onFault` hears of every text at which a parser itself failed. */
export function startAnalysis(kinds: TextKind[], onFault: (fault: Error) => void): void {
  tell = onFault
  for (const kind of kinds) laneOf(kind, 0).start()
}

/** Ends all threads; texts that come later are refused. */
export async function endAnalysis(): Promise<void> {
  await Promise.all([...lanes.values()].map((lane) => lane.close()))
}

async function analyse<Kind extends TextKind>(
  kind: Kind,
  content: string,
  { database = null, engine = null }: { database?: string | null; engine?: Engine | null } = {},
): Promise<Analyses[Kind] | { error: ExecutionError }> {
  const bytes = Buffer.byteLength(content)
  const most = kind === 'script' ? maxScriptBytes : maxQueryBytes
  if (bytes > most) {
    return {
      error: tooComplex(`This text has ${bytes} bytes; at most ${most} (${most / 1024} KiB) are allowed.`),
    }
  }
  const outcome = await laneOf(kind, bytes).analyse({ content, database, engine })
  if ('answer' in outcome) return outcome.answer as Analyses[Kind]
  if ('givenUp' in outcome) return { error: refusals[outcome.givenUp]() }
  tell(outcome.failed)
  return { error: analysisFailed() }
}

function laneOf(kind: TextKind, bytes: number): AnalysisLane {
  const isBackground = bytes > shortTextBytes
  const name = `${kind} ${isBackground ? 'long' : 'short'}`
  const lane = lanes.get(name) ?? new AnalysisLane(() => threadCode(kind), { isBackground })
  lanes.set(name, lane)
  return lane
}

const takeApart = 'Take it apart into smaller requests.'

const refusals: Record<GivenUp, () => ExecutionError> = {
  time: () =>
    tooComplex(
      `This text is too complex: analysing it takes longer than 500 ms of processor time. ${takeApart}`,
    ),
  memory: () => tooComplex(`This text is too complex: analysing it takes too much memory. ${takeApart}`),
  depth: () => tooComplex(`This text is too complex: it is nested too deeply. ${takeApart}`),
  busy: () => tooBusy('Too many texts wait to be analysed.'),
  starved: () => tooBusy('This text could not be analysed in time: the machine was busy with other work.'),
}
