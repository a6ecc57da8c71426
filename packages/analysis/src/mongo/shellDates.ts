import { ShellError, type Argument, type Placed } from './shellError.ts'

const isoForm =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d+))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/
const dayAlone = /^\d{4}(?:-\d{2}(?:-\d{2})?)?$/
const withZone = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*(?:Z|[+-]\d{2}:?\d{2})$/
const maxMillis = 8.64e15

/** `ISODate(x)` as mongosh has it: a text without a zone is UTC, wherever the text is read. */
export function makeIsoDate([first]: Argument[]): Date {
  if (first === undefined) return new Date()
  return typeof first.value === 'string' ? readIso(first.value, first.place) : dateOfMillis(first)
}

/** `new Date(x)`, where x means the same in every time zone. */
export function makeDate(args: Argument[], place: Placed): Date {
  const [first] = args
  if (first === undefined) return new Date()
  if (args.length > 1) {
    const parts = args.map(({ value }) => (typeof value === 'number' ? String(value) : '...')).join(', ')
    throw new ShellError(
      `A date of several numbers depends on the time zone of the machine that reads it: write new Date(Date.UTC(${parts})), or ISODate("2026-01-31T12:00:00Z").`,
      place,
    )
  }
  const { value } = first
  if (typeof value !== 'string') return dateOfMillis(first)
  if (dayAlone.test(value)) return readIso(`${value}-01-01`.slice(0, 10), first.place)
  if (withZone.test(value)) return readIso(value, first.place)
  if (isoForm.test(value)) {
    throw new ShellError(
      'A date without a zone depends on the time zone of the machine that reads it: write ISODate("2026-01-31T12:00:00Z"), with its zone.',
      first.place,
    )
  }
  throw noDate(first.place)
}

/** `Date.UTC(year, month, ...)`. */
export function utcMillis(args: Argument[], place: Placed): number {
  const parts = args.map(({ value, place: at }) => {
    if (typeof value === 'number' && Number.isInteger(value)) return value
    throw new ShellError('Date.UTC takes whole numbers.', at)
  })
  const [year, month = 0, ...rest] = parts
  if (year === undefined) throw new ShellError('Date.UTC takes a year.', place)
  return Date.UTC(year, month, ...rest)
}

function dateOfMillis({ value, place }: Argument): Date {
  const millis = value instanceof Date ? value.getTime() : value
  if (typeof millis === 'number' && Number.isInteger(millis) && Math.abs(millis) <= maxMillis)
    return new Date(millis)
  throw noDate(place)
}

function readIso(text: string, place: Placed): Date {
  const found = isoForm.exec(text)
  if (!found) throw noDate(place)
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = ''] = found
  if (/[1-9]/.test(fraction.slice(3)))
    throw new ShellError('A date has milliseconds: it can not keep more digits of a second.', place)
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const exists = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  if (!exists || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) throw noDate(place)
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.slice(0, 3).padEnd(3, '0')))
  return new Date(date.getTime() - offsetMinutes(found[8] ?? 'Z', place) * 60_000)
}

function offsetMinutes(zone: string, place: Placed): number {
  if (zone === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(3).replace(':', ''))
  if (hours > 23 || minutes > 59) throw noDate(place)
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

const noDate = (place: Placed) =>
  new ShellError('This is not a date. Write it as ISODate("2026-01-31T12:00:00Z").', place)
