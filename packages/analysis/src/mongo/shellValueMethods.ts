import { ObjectId } from 'mongodb'
import { ShellError, type Argument, type Placed } from './shellError.ts'

const ofDates = new Map<string, (date: Date) => unknown>([
  ['getTime', (date) => date.getTime()],
  ['valueOf', (date) => date.getTime()],
  ['toISOString', (date) => date.toISOString()],
  ['getUTCFullYear', (date) => date.getUTCFullYear()],
  ['getUTCMonth', (date) => date.getUTCMonth()],
  ['getUTCDate', (date) => date.getUTCDate()],
  ['getUTCHours', (date) => date.getUTCHours()],
  ['getUTCMinutes', (date) => date.getUTCMinutes()],
  ['getUTCSeconds', (date) => date.getUTCSeconds()],
])
const ofObjectIds = new Map<string, (id: ObjectId) => unknown>([
  ['getTimestamp', (id) => id.getTimestamp()],
  ['toString', (id) => id.toHexString()],
  ['toHexString', (id) => id.toHexString()],
])

/** What a method of a value answers, for the few that mean the same everywhere and change nothing. @throws ShellError for every other one */
export function callMethod(value: unknown, name: string, args: Argument[], place: Placed): unknown {
  const [extra] = args
  if (value instanceof Date) {
    const call = ofDates.get(name)
    if (call && !extra) return call(value)
    throw new ShellError(
      `The method ${name} of a date is not known here. Write the date itself, or calculate: new Date(Date.now() - 7 * 24 * 60 * 60 * 1000).`,
      extra && call ? extra.place : place,
    )
  }
  if (value instanceof ObjectId) {
    const call = ofObjectIds.get(name)
    if (call && !extra) return call(value)
  }
  throw new ShellError(`The method ${name} can not be called here: write the value itself.`, place)
}
