import { BSON, type Document } from 'mongodb'
import type { Cell, Column } from '@sre-portal/contracts'
import type { KeptBytes } from '../results/keptBytes.ts'

const maxColumns = 200
// What is called by more than this stands with its name in the column of the rest.
const maxNameLength = 500
const restColumn = '…'

/**
 * Turns documents into rows of canonical Extended JSON. Columns are the fields of all documents in the order in which they are first seen;
 * a row ends at its last known field, and a field that a document hasn't is null, while its own null is the text `null`. Fields that are too many, too
 * long, or beyond what the run may keep, stand together in one column.
 */
export class DocumentRows {
  readonly columns: Column[] = []
  readonly #kept: KeptBytes
  readonly #indexes = new Map<string, number>()
  #isFull = false

  constructor(kept: KeptBytes) {
    this.#kept = kept
  }

  /** The row of one document, or of a value that is no document. */
  toRow(value: unknown): Cell[] {
    if (!isDocument(value)) return this.#fill([['value', value]])
    const known: [string, unknown][] = []
    const rest: [string, unknown][] = []
    for (const entry of Object.entries(value) as [string, unknown][])
      (this.#hasColumn(entry) ? known : rest).push(entry)
    return this.#fill(rest.length === 0 ? known : [...known, [restColumn, fieldsOf(rest)]])
  }

  #hasColumn([name, field]: [string, unknown]): boolean {
    if (this.#indexes.has(name)) return true
    const isLast = name === restColumn || name.length > maxNameLength
    if (isLast || this.#isFull || this.columns.length >= maxColumns) return false
    const type = typeOf(field)
    this.#isFull = !this.#kept.keeps('fields', { name, type })
    if (!this.#isFull) this.#indexOf(name, type)
    return !this.#isFull
  }

  #fill(fields: [string, unknown][]): Cell[] {
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

function fieldsOf(entries: [string, unknown][]): Document {
  const document: Document = {}
  // A field may be called __proto__; it must not become the prototype.
  for (const [name, value] of entries)
    Object.defineProperty(document, name, { value, enumerable: true, writable: true, configurable: true })
  return document
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
