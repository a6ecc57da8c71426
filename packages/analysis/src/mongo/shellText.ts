import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  type Document,
} from 'mongodb'
import type { Modifier } from './operations.ts'

/** A value as one writes it in mongosh; `parseShell` reads it as the same BSON. */
export function shellText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'bigint') return `NumberLong("${value}")`
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map(shellText).join(', ')}]`
  return typedText(value) ?? documentText(value)
}

/** A call as one writes it in mongosh. */
export function shellCall(
  collection: string | null,
  method: string,
  args: unknown[],
  modifiers: Modifier[],
): string {
  const owner = collection === null ? 'db' : `db.getCollection(${JSON.stringify(collection)})`
  const chain = [{ name: method, args }, ...modifiers]
  return owner + chain.map(({ name, args: given }) => `.${name}(${given.map(shellText).join(', ')})`).join('')
}

const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

function typedText(value: object): string | null {
  if (value instanceof Date) {
    const year = value.getUTCFullYear()
    return year >= 0 && year <= 9999 ? `ISODate("${value.toISOString()}")` : `new Date(${value.getTime()})`
  }
  if (value instanceof Int32) return numberText(value.value)
  if (value instanceof Double) return doubleText(value.value)
  if (value instanceof Timestamp) return `Timestamp(${value.t}, ${value.i})`
  if (value instanceof Long) return `NumberLong("${value.toString()}")`
  if (value instanceof Decimal128) return `NumberDecimal("${value.toString()}")`
  if (value instanceof ObjectId) return `ObjectId("${value.toHexString()}")`
  if (value instanceof Binary) return binaryText(value)
  if (value instanceof BSONRegExp)
    return `BSONRegExp(${JSON.stringify(value.pattern)}, ${JSON.stringify(value.options)})`
  if (value instanceof RegExp)
    return `RegExp(${JSON.stringify(value.source)}, ${JSON.stringify(value.flags)})`
  if (value instanceof MinKey) return 'MinKey()'
  if (value instanceof MaxKey) return 'MaxKey()'
  if (value instanceof DBRef) return referenceText(value)
  if (value instanceof Code)
    return `Code(${[value.code, ...(value.scope ? [value.scope] : [])].map(shellText).join(', ')})`
  if (value instanceof BSONSymbol) return `BSONSymbol(${JSON.stringify(value.value)})`
  return null
}

// A double that is a whole number within 32 bits would be read as an integer.
const doubleText = (value: number): string =>
  Number.isInteger(value) && !Object.is(value, -0) && value >= -(2 ** 31) && value < 2 ** 31
    ? `Double(${value})`
    : numberText(value)

function binaryText(value: Binary): string {
  if (value.sub_type === Binary.SUBTYPE_UUID && value.position === 16)
    return `UUID("${value.toUUID().toHexString(true)}")`
  return `BinData(${value.sub_type}, "${value.toString('base64')}")`
}

function referenceText({ collection, oid, db, fields }: DBRef): string {
  const more = Object.keys(fields).length > 0
  const args: unknown[] = [
    collection,
    oid,
    ...(db !== undefined || more ? [db] : []),
    ...(more ? [fields] : []),
  ]
  return db === undefined && more
    ? documentText({ $ref: collection, $id: oid, ...fields })
    : `DBRef(${args.map(shellText).join(', ')})`
}

const documentText = (document: Document): string => {
  const fields = Object.entries(document).map(
    ([name, field]) => `${JSON.stringify(name)}: ${shellText(field)}`,
  )
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}
