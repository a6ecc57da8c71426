import type { Document } from 'mongodb'
import { refusal, type Where } from './where.ts'

const maxDepth = 100

/** True for a document, and for none of the values that have a type of their own. */
export const isDocument = (value: unknown): value is Document => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** The number of a value that is one, of whatever width. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'object' || value === null || !('_bsontype' in value)) return null
  return ['Int32', 'Double', 'Long'].includes(String(value._bsontype)) ? Number(value) : null
}

/** Refuses what BSON can't hold as it is written, wherever it stands. @throws ShellError */
export function ensureStorable(value: unknown, where: Where, path: string, depth = 0): void {
  if (depth > maxDepth) throw refusal(`Documents are nested at most ${maxDepth} levels.`, where)
  switch (typeof value) {
    case 'undefined':
      throw refusal(`${path} is undefined: write null, or leave the field out.`, where)
    case 'function':
    case 'symbol':
      throw refusal(`${path} is a ${typeof value}, which no database can hold.`, where)
    case 'object':
      break
    default:
      return
  }
  if (value instanceof Date && Number.isNaN(value.getTime()))
    throw refusal(`${path} is an invalid date.`, where)
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) ensureStorable(item, where, `${path}[${at}]`, depth + 1)
    return
  }
  if (!isDocument(value)) return
  for (const [name, field] of Object.entries(value)) {
    // The driver reads it as the mark of its own classes, and would send something else.
    if (name === '_bsontype') throw refusal('A field can not be called _bsontype.', where, value)
    if (name.includes('\0')) throw refusal('The name of a field can not hold the character 0.', where, value)
    ensureStorable(field, where, `${path}.${name}`, depth + 1)
  }
}
