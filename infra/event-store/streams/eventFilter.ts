import { GrpcError, statusCode } from '../transport/grpcStatus.ts'
import type { LogRecord } from '../log/logRecord.ts'
import type { FilterMessage } from '../wire/messages.ts'

export type EventFilter = (record: LogRecord) => boolean

export const defaultWindow = 32

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
  try {
    const pattern = new RegExp(regex, 's')
    return (text) => pattern.test(text)
  } catch {
    throw new GrpcError(statusCode.invalidArgument, `The filter '${regex}' is not a regular expression`)
  }
}
