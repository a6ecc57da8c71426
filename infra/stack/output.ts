import { shortenLogLine } from './logLine.ts'

/** What the stack tells on the terminal. */
export interface Output {
  progress: (text: string) => void
  /** One line of a part's log. */
  line: (part: string, line: string) => void
  crash: (part: string, how: string, restartInMs: number) => void
  /** The last thing that a part said that was worth a warning. */
  lastWords: (part: string) => string
  print: (text: string) => void
}

const colours: Record<string, string> = {
  warn: '\x1b[33m',
  error: '\x1b[31m',
  fatal: '\x1b[31m',
  part: '\x1b[36m',
}
const talkative = new Set(['debug', 'trace'])
const widest = 'command-service'.length

export function createOutput(logLevel: string, stream: NodeJS.WriteStream = process.stdout): Output {
  const startedAt = Date.now()
  const words = new Map<string, string>()
  const paint = (text: string, colour: string) =>
    stream.isTTY && colours[colour] ? `${colours[colour]}${text}\x1b[0m` : text
  const print = (text: string) => void stream.write(`${text}\n`)
  const say = (part: string, text: string, level: string) =>
    print(`${paint(part.padEnd(widest), 'part')} ${paint(text, level)}`)
  return {
    print,
    progress: (text) => print(`[${((Date.now() - startedAt) / 1000).toFixed(1).padStart(5)} s] ${text}`),
    line: (part, line) => {
      const { level, text, routine } = shortenLogLine(line)
      if (['warn', 'error', 'fatal'].includes(level)) words.set(part, text.split('\n')[0] ?? '')
      if ((routine || (part === 'postgres' && line.includes(' LOG:  '))) && !talkative.has(logLevel)) return
      if (logLevel !== 'silent') say(part, text, level)
    },
    crash: (part, how, restartInMs) =>
      say(part, `${how}; it is started again in ${(restartInMs / 1000).toFixed(1)} s`, 'error'),
    lastWords: (part) => words.get(part) ?? '',
  }
}
