import { RE2JS } from 're2js'
import { GrpcError, statusCode } from '../transport/grpcStatus.ts'
import type { LogRecord } from '../log/logRecord.ts'
import type { FilterMessage } from '../wire/messages.ts'

export type EventFilter = (record: LogRecord) => boolean

export const defaultWindow = 32

const longestRegex = 1000

export function eventFilter(message: FilterMessage | undefined): EventFilter | undefined {
  if (!message?.filter) return undefined
  const expression = message[message.filter]
  if (!expression) return undefined
  const matches = textMatcher(expression.regex, expression.prefix)
  return message.filter === 'eventType'
    ? (record) => matches(record.type)
    : (record) => matches(record.streamName)
}

export function filterWindow(message: FilterMessage | undefined): number {
  return message?.window === 'max' ? Math.max(1, message.max ?? defaultWindow) : defaultWindow
}

function textMatcher(regex: string, prefixes: readonly string[]): (text: string) => boolean {
  if (regex === '') return (text) => prefixes.some((prefix) => text.startsWith(prefix))
  // An expression of RE2 takes time linear in the text: no filter can keep the server, and everyone else, waiting.
  const pattern = compile(regex)
  return (text) => pattern.matcher(text).find()
}

function compile(regex: string): RE2JS {
  if (regex.length > longestRegex) throw invalidFilter(`is longer than ${longestRegex} characters`)
  try {
    return RE2JS.compile(regex, RE2JS.DOTALL)
  } catch (error) {
    throw invalidFilter(`'${regex}' is no regular expression of RE2 (${String(error)})`)
  }
}

function invalidFilter(reason: string): GrpcError {
  return new GrpcError(statusCode.invalidArgument, `The filter ${reason}`)
}
