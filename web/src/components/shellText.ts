import type { Cell, Column } from '@sre-portal/contracts'

type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

// Where the executor keeps what has more fields than a table has columns.
const restColumn = '…'

/** One document as the shell writes it, from the cells of its row: every value with its type, fields that it hasn't left out. */
export function documentText(
  columns: readonly Column[],
  row: readonly Cell[],
  cutColumns: readonly number[] = [],
): string {
  const inner = '  '
  const fields = columns.flatMap(({ name }, index): [string, string][] => {
    const cell = row[index]
    if (cell === undefined || cell === null) return []
    // The beginning of a value is no JSON.
    if (cutColumns.includes(index)) return [[name, `${cell}… (cut)`]]
    const value = JSON.parse(cell) as Json
    const named: [string, Json][] =
      name === restColumn && isObject(value) ? Object.entries(value) : [[name, value]]
    return named.map(([field, content]) => [field, valueText(content, inner)])
  })
  return fieldsText(fields, '')
}

function valueText(value: Json, indent: string): string {
  if (Array.isArray(value)) {
    const inner = `${indent}  `
    const items = value.map((item) => `${inner}${valueText(item, inner)}`)
    return items.length === 0 ? '[]' : `[\n${items.join(',\n')}\n${indent}]`
  }
  if (!isObject(value)) return JSON.stringify(value)
  return typedText(value) ?? objectText(Object.entries(value), indent)
}

function objectText(fields: [string, Json][], indent: string): string {
  return fieldsText(
    fields.map(([name, value]) => [name, valueText(value, `${indent}  `)]),
    indent,
  )
}

function fieldsText(fields: [string, string][], indent: string): string {
  if (fields.length === 0) return '{}'
  const lines = fields.map(([name, text]) => `${indent}  ${keyText(name)}: ${text}`)
  return `{\n${lines.join(',\n')}\n${indent}}`
}

const keyText = (name: string) => (/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? name : JSON.stringify(name))

/** What canonical Extended JSON wraps in an object with one $name; null for an ordinary object, or a type that has no word in the shell. */
function typedText(value: Record<string, Json>): string | null {
  const [name = '', ...others] = Object.keys(value)
  const inner = value[name]
  if (others.length > 0 || inner === undefined) return null
  switch (name) {
    case '$numberInt':
    case '$numberDouble':
      return bareText(inner)
    case '$numberLong':
      return `NumberLong(${JSON.stringify(inner)})`
    case '$numberDecimal':
      return `NumberDecimal(${JSON.stringify(inner)})`
    case '$oid':
      return `ObjectId(${JSON.stringify(inner)})`
    case '$date':
      return dateText(inner)
    case '$binary':
      return isObject(inner) ? binaryText(inner) : null
    case '$regularExpression':
      return isObject(inner)
        ? `RegExp(${JSON.stringify(inner['pattern'])}, ${JSON.stringify(inner['options'])})`
        : null
    case '$timestamp':
      return isObject(inner) ? `Timestamp(${bareText(inner['t'])}, ${bareText(inner['i'])})` : null
    case '$minKey':
      return 'MinKey()'
    case '$maxKey':
      return 'MaxKey()'
    default:
      return null
  }
}

function dateText(inner: Json): string {
  const ms = isObject(inner) ? Number(inner['$numberLong']) : NaN
  const date = new Date(ms)
  if (!Number.isNaN(date.getTime())) return `ISODate("${date.toISOString()}")`
  return isObject(inner) ? `Date(${bareText(inner['$numberLong'])})` : `ISODate(${JSON.stringify(inner)})`
}

const uuidSubType = '04'

function binaryText(binary: Record<string, Json>): string {
  const base64 = bareText(binary['base64'])
  const subType = bareText(binary['subType'])
  if (subType !== uuidSubType) return `BinData(${parseInt(subType, 16)}, "${base64}")`
  const hex = Array.from(atob(base64), (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('')
  return `UUID("${hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}")`
}

/** Text without its quotes: numbers stand as texts in canonical Extended JSON. */
const bareText = (value: Json | undefined) =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null)

const isObject = (value: Json): value is { [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
