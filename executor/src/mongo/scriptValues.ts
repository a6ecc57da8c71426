import { BSON, type Document } from 'mongodb'
import { isDocument } from '@sre-portal/analysis/mongo/plainValues'

/**
 * How values travel between a script and the executor: JSON, with `{"$ejson": ...}` around the Extended JSON of each value that JSON has no
 * type for. Extended JSON alone would not do: there `{ $regex: "a", $nin: ["b"] }` is a regular expression, and the second half is lost.
 */
const mark = '$ejson'
const types = new Set([
  ...['$oid', '$numberLong', '$numberDecimal', '$numberInt', '$numberDouble', '$binary', '$timestamp'],
  ...['$date', '$regularExpression', '$minKey', '$maxKey', '$code', '$symbol', '$dbPointer', '$undefined'],
])

/** The sandbox writes 220 levels at most, and no database holds more than 200. */
const maxDepth = 250

/** The text of a value for a script. @throws SyntaxError for what is nested deeper than any document */
export const toScript = (value: unknown): string => JSON.stringify(marked(value) ?? null)

function marked(value: unknown, depth = 0): unknown {
  if (depth > maxDepth) throw tooDeep()
  if (typeof value === 'number')
    return Number.isFinite(value) && !Object.is(value, -0) ? value : typed(new BSON.Double(value))
  if (typeof value === 'bigint') return typed(BSON.Long.fromBigInt(value))
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: unknown) => marked(item, depth + 1) ?? null)
  if (value instanceof BSON.Int32 || value instanceof BSON.Double) return marked(value.valueOf(), depth)
  if (value instanceof BSON.DBRef) return marked(fieldsOf(value), depth)
  if (!isDocument(value) && ('_bsontype' in value || value instanceof Date || value instanceof RegExp))
    return typed(value)
  return eachField(value, (field) => marked(field, depth + 1))
}

// A reference is a document by convention only, and scripts see it as one.
const fieldsOf = ({ collection, oid, db, fields }: BSON.DBRef): Document => ({
  $ref: collection,
  $id: oid,
  ...(db === undefined ? {} : { $db: db }),
  ...fields,
})

const typed = (value: unknown) => ({
  [mark]: BSON.EJSON.serialize({ value }, { relaxed: false })['value'] as unknown,
})

/** The value of a script's text. @throws SyntaxError or BSONError for what the sandbox never writes */
export const fromScript = (text: string): unknown => unmarked(JSON.parse(text))

function unmarked(value: unknown, depth = 0): unknown {
  if (depth > maxDepth) throw tooDeep()
  if (Array.isArray(value)) return value.map((item: unknown) => unmarked(item, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  if (!Object.hasOwn(value, mark)) return eachField(value, (field) => unmarked(field, depth + 1))
  const content = (value as Document)[mark] as unknown
  const names = isDocument(content) ? Object.keys(content) : []
  const [name = ''] = names
  if (names.length !== 1 || !types.has(name)) throw new SyntaxError('This is not a value of a script.')
  if (name === '$undefined') return undefined
  // A code's scope and a pointer's _id may hold anything.
  if (isDeeper(content, maxDepth - depth)) throw tooDeep()
  const read = BSON.EJSON.deserialize({ value: content }, { relaxed: false }) as Document
  return read['value']
}

const tooDeep = () => new SyntaxError(`A value is nested deeper than ${maxDepth} levels.`)

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels <= 0 || Object.values(value).some((field) => isDeeper(field, levels - 1))
}

function eachField(document: Document, change: (value: unknown) => unknown): Document {
  const changed: Document = {}
  for (const [name, value] of Object.entries(document)) {
    // A field may be called __proto__; it must not become the prototype.
    Object.defineProperty(changed, name, {
      value: change(value),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return changed
}
