import { Binary, BSONRegExp, DBRef, MaxKey, MinKey, ObjectId, Timestamp, UUID, Long } from 'mongodb'
import { makeDate, makeIsoDate, utcMillis } from './shellDates.ts'
import { ShellError, type Argument, type Placed } from './shellError.ts'
import { makeDecimal, makeDouble, makeInt32, makeLong } from './shellNumbers.ts'

interface Constructor {
  /** Fewest and most arguments. */
  takes: [number, number]
  make: (args: Argument[], name: string, place: Placed) => unknown
}

const of = (fewest: number, most: number, make: Constructor['make']): Constructor => ({
  takes: [fewest, most],
  make,
})
const uint32 = 2 ** 32

const objectId = of(0, 1, ([id], name) => {
  if (id === undefined) return new ObjectId()
  if (id.value instanceof ObjectId) return id.value
  if (typeof id.value === 'number') return ObjectId.createFromTime(within(id, 0, uint32 - 1, name))
  if (typeof id.value === 'string' && /^[\da-f]{24}$/i.test(id.value)) return new ObjectId(id.value)
  throw new ShellError(`${name} takes 24 hexadecimal digits.`, id.place)
})
const uuid = of(0, 1, ([hex]) => (hex === undefined ? new UUID() : new UUID(uuidText(hex))))
const regExp = of(1, 2, ([pattern, flags], name) =>
  regExpOf(text(pattern, name), flags ? text(flags, name) : '', flags?.place ?? placeOf(pattern)),
)
const base64Form = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/

// As mongosh has them, with and without `new`. An argument that is not understood is refused, never left out.
const constructors = new Map<string, Constructor>([
  ['ObjectId', objectId],
  ['ObjectID', objectId],
  ['ISODate', of(0, 1, makeIsoDate)],
  ['NumberLong', of(0, 1, makeLong)],
  ['Long', of(0, 2, makeLong)],
  ['Long.fromString', of(1, 1, makeLong)],
  ['Long.fromNumber', of(1, 1, makeLong)],
  ['NumberInt', of(0, 1, makeInt32)],
  ['Int32', of(0, 1, makeInt32)],
  ['Double', of(0, 1, makeDouble)],
  ['NumberDecimal', of(0, 1, makeDecimal)],
  ['Decimal128', of(0, 1, makeDecimal)],
  ['Decimal128.fromString', of(1, 1, makeDecimal)],
  ['UUID', uuid],
  ['BinData', of(2, 2, ([subType, base64], name) => fromBase64(base64, subType, name))],
  ['HexData', of(2, 2, ([subType, hex], name) => fromHex(hex, subType, name))],
  ['MD5', of(1, 1, ([hex], name) => fromHex(hex, { value: 5, place: placeOf(hex) }, name))],
  ['Binary.createFromBase64', of(1, 2, ([base64, subType], name) => fromBase64(base64, subType, name))],
  ['Binary.createFromHexString', of(1, 2, ([hex, subType], name) => fromHex(hex, subType, name))],
  ['Timestamp', of(0, 2, timestamp)],
  ['MinKey', of(0, 0, () => new MinKey())],
  ['MaxKey', of(0, 0, () => new MaxKey())],
  ['RegExp', regExp],
  ['BSONRegExp', regExp],
  ['DBRef', of(2, 4, dbRef)],
  ['ObjectId.createFromTime', of(1, 1, objectId.make)],
  ['ObjectId.createFromHexString', of(1, 1, objectId.make)],
  ['Date.now', of(0, 0, () => Date.now())],
  ['Date.UTC', of(1, 7, (args, _name, place) => utcMillis(args, place))],
])

/** Makes a value of the shell. @throws ShellError for a name that it hasn't, and for arguments that would be dropped or changed */
export function construct(name: string | null, args: Argument[], isNew: boolean, place: Placed): unknown {
  if (name === 'Date') {
    if (isNew) return makeDate(args, place)
    throw new ShellError('Date without "new" is a text of today: write new Date(...) or ISODate(...).', place)
  }
  const known = name === null ? undefined : constructors.get(name)
  if (!known || name === null)
    throw new ShellError(`${name ?? 'This call'} is not a value of MongoDB's shell.`, place)
  const [fewest, most] = known.takes
  if (args.length < fewest || args.length > most) {
    const takes = fewest === most ? String(most) : `${fewest} to ${most}`
    throw new ShellError(
      `${name} takes ${takes} ${most === 1 ? 'argument' : 'arguments'}, not ${args.length}.`,
      args[most]?.place ?? place,
    )
  }
  try {
    return known.make(args, name, place)
  } catch (error) {
    if (error instanceof ShellError) throw error
    const reason = error instanceof Error ? error.message : ''
    throw new ShellError(`${name} can not be made of this: ${reason}`, place)
  }
}

/** A regular expression as MongoDB keeps it. @throws ShellError for flags that it has not */
export function regExpOf(pattern: string, flags: string, place: Placed): BSONRegExp {
  const strange = [...flags].find((flag) => !'imsxu'.includes(flag))
  if (strange !== undefined) {
    throw new ShellError(
      `MongoDB's regular expressions have the flags i, m, s, u and x, and not ${strange}: leave it out.`,
      place,
    )
  }
  return new BSONRegExp(pattern, flags)
}

function timestamp([first, increment]: Argument[], name: string): Timestamp {
  if (first === undefined) return new Timestamp({ t: 0, i: 0 })
  if (increment === undefined && first.value instanceof Long) return new Timestamp(first.value)
  const { value } = first
  if (
    increment === undefined &&
    typeof value === 'object' &&
    value !== null &&
    't' in value &&
    'i' in value
  ) {
    const [t, i] = [value.t, value.i].map((part) => within({ ...first, value: part }, 0, uint32 - 1, name))
    if (t !== undefined && i !== undefined && Object.keys(value).length === 2) return new Timestamp({ t, i })
  }
  const t = within(first, 0, uint32 - 1, name)
  return new Timestamp({ t, i: increment ? within(increment, 0, uint32 - 1, name) : 0 })
}

function dbRef([collection, id, database, fields]: Argument[], name: string): DBRef {
  const extra = fields?.value
  if (extra !== undefined && (typeof extra !== 'object' || extra === null || Array.isArray(extra)))
    throw new ShellError('The fields of a DBRef are a document.', placeOf(fields))
  // The driver's type says ObjectId; a reference may hold any value.
  const oid = id?.value as ObjectId
  return new DBRef(
    text(collection, name),
    oid,
    database ? text(database, name) : undefined,
    extra ?? undefined,
  )
}

function fromBase64(base64: Argument | undefined, subType: Argument | undefined, name: string): Binary {
  const content = text(base64, name)
  if (!base64Form.test(content)) throw new ShellError(`${name} takes base64.`, placeOf(base64))
  return Binary.createFromBase64(content, subType ? within(subType, 0, 255, name) : 0)
}

function fromHex(hex: Argument | undefined, subType: Argument | undefined, name: string): Binary {
  const content = text(hex, name)
  if (!/^(?:[\da-f]{2})*$/i.test(content))
    throw new ShellError(`${name} takes pairs of hexadecimal digits.`, placeOf(hex))
  return Binary.createFromHexString(content, subType ? within(subType, 0, 255, name) : 0)
}

function uuidText(hex: Argument): string {
  const content = text(hex, 'UUID')
  if (/^[\da-f]{32}$|^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(content)) return content
  throw new ShellError('UUID takes 32 hexadecimal digits.', hex.place)
}

function within(argument: Argument, from: number, to: number, name: string): number {
  const value: unknown = argument.value
  if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) return value
  throw new ShellError(`${name} takes a whole number from ${from} to ${to} here.`, argument.place)
}

function text(argument: Argument | undefined, name: string): string {
  if (typeof argument?.value === 'string') return argument.value
  throw new ShellError(`${name} takes a text here.`, placeOf(argument))
}

const placeOf = (argument: Argument | undefined): Placed => argument?.place ?? { start: 0, end: 0 }
