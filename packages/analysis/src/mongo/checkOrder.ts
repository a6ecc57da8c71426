import type { Document } from 'mongodb'
import { isMovable, orderedForms } from '../fieldOrder.ts'
import { isDocument } from './plainValues.ts'
import { refusal, type Where } from './where.ts'

/** Refuses a document of a script whose order matters and can't be known any more. @throws ShellError */
export function ensureOrder(document: Document, name: string, where: Where): void {
  const names = Object.keys(document)
  const number = where.isOrderWritten || names.length < 2 ? undefined : names.find(isMovable)
  if (number === undefined) return
  throw refusal(
    `The order of the fields of ${name} matters, and JavaScript does not keep it for "${number}". ${orderedForms}`,
    where,
    document,
  )
}

/** Looks into a sort, or the keys of an index: a document, or a list of names with what stands behind each. @throws ShellError */
export function checkOrdered(value: unknown, name: string, where: Where, within: unknown): void {
  if (isDocument(value)) return ensureOrder(value, name, where)
  const pairs: unknown[] = Array.isArray(value) ? value : [null]
  const seen = new Set<string>()
  for (const pair of pairs) {
    const [field, direction, ...more] = Array.isArray(pair) ? (pair as unknown[]) : []
    if (typeof field !== 'string' || direction === undefined || more.length > 0)
      throw refusal(
        `${name} is a document, such as { at: -1 }, or a list, such as [["at", -1], ["_id", 1]].`,
        where,
        isDocument(within) || Array.isArray(within) ? within : value,
      )
    if (seen.has(field)) throw refusal(`${field} stands twice in ${name}.`, where, value)
    seen.add(field)
  }
}
