import type { LogLine } from '@sre-portal/contracts'
import { cutText } from '../results/statementHead.ts'

/** A call of the script on the database; its other fields are for the database's own broker to check. */
export interface CallFrame {
  t: string
  id: number
  fields: Record<string, unknown>
}

/** What a script says of the error that ended it. `call` is the call whose answer that error was, if it was one. */
export interface ScriptFailure {
  name: string
  message: string
  stack: string
  causes: string
  call: number | null
}

const maxNameLength = 200
const maxFailureTextLength = 8000

/** What a line of a script's output may be; null is everything else, which counts as a fault. */
export type Frame =
  | { t: 'call'; call: CallFrame }
  | { t: 'log'; level: LogLine['level']; text: string }
  | { t: 'done'; value: string | null }
  | { t: 'failed'; failure: ScriptFailure }

const levels: readonly string[] = ['debug', 'log', 'info', 'warn', 'error'] satisfies LogLine['level'][]
const isLevel = (value: unknown): value is LogLine['level'] =>
  typeof value === 'string' && levels.includes(value)

/** Checks one line strictly: the script writes it, and it may be anything. */
export function parseFrame(line: string): Frame | null {
  let frame: unknown
  try {
    frame = JSON.parse(line)
  } catch {
    return null
  }
  if (typeof frame !== 'object' || frame === null || Array.isArray(frame) || !Object.hasOwn(frame, 't'))
    return null
  const fields = frame as Record<string, unknown>
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : null)
  switch (fields['t']) {
    case 'log': {
      const written = text('text')
      return isLevel(fields['level']) && written !== null
        ? { t: 'log', level: fields['level'], text: written }
        : null
    }
    case 'done':
      return fields['value'] === null || typeof fields['value'] === 'string'
        ? { t: 'done', value: fields['value'] }
        : null
    case 'failed': {
      const [name, message, stack] = [text('name'), text('message'), text('stack')]
      if (name === null || message === null || stack === null) return null
      const failure = {
        name: cutText(name, maxNameLength),
        message: cutText(message, maxFailureTextLength),
        stack: cutText(stack, maxFailureTextLength),
        causes: cutText(text('causes') ?? '', maxFailureTextLength),
        call: isCallId(fields['call']) ? fields['call'] : null,
      }
      return { t: 'failed', failure }
    }
    default:
      return parseCall(fields)
  }
}

const isCallId = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1

function parseCall(fields: Record<string, unknown>): Frame | null {
  const { t, id } = fields
  if (typeof t !== 'string' || !isCallId(id)) return null
  return { t: 'call', call: { t, id, fields } }
}
