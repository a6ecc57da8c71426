import { BSON, type Document } from 'mongodb'
import type { Cell, Column } from '@sre-portal/contracts'

const maxColumns = 200
// What is called by more than this stands with its name in the column of the rest.
const maxNameLength = 500
const restColumn = '…'

/**
 * Turns documents into rows of canonical Extended JSON. Columns are the fields of all documents in the order in which they are first seen;
 * a row ends at its last known field, and a field that a document hasn't is null, while its own null is the text `null`.
 */
export class DocumentRows {
  readonly columns: Column[] = []
  readonly #indexes = new Map<string, number>()

  /** The row of one document, or of a value that is no document. */
  toRow(value: unknown): Cell[] {
    if (!isDocument(value)) return this.#fill(new Map([['value', value]]))
    const entries = Object.entries(value)
    const room = this.columns.length + entries.length <= maxColumns
    if (room && entries.every(([name]) => name.length <= maxNameLength)) return this.#fill(new Map(entries))
    const known: typeof entries = []
    const rest: typeof entries = []
    let left = maxColumns - this.columns.length
    for (const entry of entries) {
      const isKnown = this.#indexes.has(entry[0])
      if (!isKnown && (left <= 0 || entry[0].length > maxNameLength)) rest.push(entry)
      else {
        known.push(entry)
        if (!isKnown) left -= 1
      }
    }
    return this.#fill(new Map(rest.length === 0 ? known : [...known, [restColumn, Object.fromEntries(rest)]]))
  }

  #fill(fields: Map<string, unknown>): Cell[] {
    const cells: Cell[] = []
    for (const [name, field] of fields) {
      const index = this.#indexOf(name, typeOf(field))
      while (cells.length <= index) cells.push(null)
      cells[index] = field === undefined ? null : toText(field)
    }
    return cells
  }

  #indexOf(name: string, type: string): number {
    const known = this.#indexes.get(name)
    if (known === undefined) {
      this.#indexes.set(name, this.columns.length)
      this.columns.push({ name, type })
      return this.columns.length - 1
    }
    const column = this.columns[known]
    if (column && column.type !== type && type !== 'null')
      column.type = column.type === 'null' ? type : 'mixed'
    return known
  }
}

/** Canonical Extended JSON, version 2. */
export const toText = (value: unknown): string => BSON.EJSON.stringify(value, { relaxed: false })

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'number':
      return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? 'int' : 'double'
    case 'bigint':
      return 'long'
    default:
      return typeOfObject(value)
  }
}

function typeOfObject(value: object): string {
  if (value instanceof Date) return 'date'
  if (value instanceof RegExp) return 'regex'
  const type = '_bsontype' in value && typeof value._bsontype === 'string' ? value._bsontype : 'Object'
  const names: Record<string, string> = {
    ObjectId: 'objectId',
    Long: 'long',
    Int32: 'int',
    Double: 'double',
    Decimal128: 'decimal',
    Binary: 'binData',
    BSONRegExp: 'regex',
    Timestamp: 'timestamp',
    MinKey: 'minKey',
    MaxKey: 'maxKey',
    Code: 'javascript',
    DBRef: 'dbPointer',
    BSONSymbol: 'symbol',
  }
  return names[type] ?? 'object'
}

const isDocument = (value: unknown): value is Document =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Date) &&
  !('_bsontype' in value)
