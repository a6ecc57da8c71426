import type { Document } from 'mongodb'
import { checkExpression } from './checkExpression.ts'
import { checkFilter } from './checkFilter.ts'
import { checkOrdered, ensureOrder } from './checkOrder.ts'
import { checkPipeline } from './checkPipeline.ts'
import { checkUpdate } from './checkUpdate.ts'
import type { Options, OptionShape } from './lists/options.ts'
import { isDocument, numberOf } from './plainValues.ts'
import { inWords, refusal, type Where } from './where.ts'

/** Looks through options; those without a value are as if they were not there. @throws ShellError for options that no list holds */
export function checkOptions(options: unknown, allowed: Options, method: string, where: Where): void {
  if (!isDocument(options)) throw refusal(`The options of ${method} are a document.`, where, options)
  for (const [name, value] of Object.entries(options)) {
    const shape = Object.hasOwn(allowed, name) ? allowed[name] : undefined
    if (shape === undefined) {
      const known = Object.keys(allowed)
      const it = known.length === 0 ? 'It takes none.' : `It takes ${inWords(known)}.`
      throw refusal(`"${name}" is not an option of ${method} that the portal sends. ${it}`, where, options)
    }
    checkOption(shape, `${name} of ${method}`, value, where, options)
  }
}

/** Looks into one option or field of a command. @throws ShellError */
export function checkOption(
  shape: OptionShape,
  name: string,
  value: unknown,
  where: Where,
  within: unknown,
): void {
  const wanted = (what: string) => refusal(`${name} is ${what}.`, where, within)
  switch (shape) {
    case 'number':
      if (numberOf(value) === null) throw wanted('a number')
      return
    case 'milliseconds': {
      const millis = numberOf(value)
      if (millis === null || !Number.isInteger(millis) || millis <= 0)
        throw wanted('a whole number above 0: every statement has a bound of time')
      return
    }
    case 'boolean':
      if (typeof value !== 'boolean') throw wanted('true or false')
      return
    case 'text':
      if (typeof value !== 'string') throw wanted('a text')
      return
    case 'document':
      if (!isDocument(value)) throw wanted('a document')
      return
    case 'documents':
      if (!Array.isArray(value) || !value.every(isDocument)) throw wanted('a list of documents')
      return
    case 'filter':
      return checkFilter(value, where, name)
    case 'filters':
      if (!Array.isArray(value)) throw wanted('a list of filters')
      for (const item of value) checkFilter(item, where, name)
      return
    case 'projection':
      return checkProjection(value, name, where)
    case 'expressions':
      if (!isDocument(value)) throw wanted('a document')
      return checkExpression(value, where)
    case 'pipeline':
      if (checkPipeline(value, where) === 'write') throw wanted('a pipeline that writes nothing')
      return
    case 'index':
      if (value === '*') throw wanted('the name of one index; all of them are dropped by dropIndexes()')
      if (typeof value !== 'string' && !isDocument(value)) throw wanted('the name of an index, or its keys')
      if (isDocument(value)) ensureOrder(value, name, where)
      return
    case 'sort':
      if (typeof value !== 'string') checkOrdered(value, name, where, within)
      return
    case 'sortDocument':
      if (!isDocument(value)) throw wanted('a document, such as { at: -1 }')
      return ensureOrder(value, name, where)
    case 'update':
      return checkUpdate(value, where)
    case 'writeConcern':
      return checkWriteConcern(value, name, where, within)
    case 'beforeOrAfter':
      if (value !== 'before' && value !== 'after') throw wanted('"before" or "after"')
      return
    case 'any':
      return
  }
}

/** Fields to show: flags, expressions, or $elemMatch with a filter. @throws ShellError */
export function checkProjection(projection: unknown, name: string, where: Where): void {
  if (!isDocument(projection)) throw refusal(`${name} is a document.`, where, projection)
  for (const [field, value] of Object.entries(projection)) {
    if (field.startsWith('$')) throw refusal(`${field} is not the name of a field.`, where, projection)
    if (isDocument(value) && Object.hasOwn(value, '$elemMatch') && Object.keys(value).length === 1)
      checkFilter({ [field]: value }, where, name)
    else checkExpression(value, where)
  }
}

function checkWriteConcern(value: unknown, name: string, where: Where, within: unknown): void {
  const concern: Document | null = isDocument(value) ? value : null
  if (!concern) throw refusal(`${name} is a document, such as { w: "majority" }.`, where, within)
  const strange = Object.keys(concern).find((field) => !['w', 'j', 'wtimeout'].includes(field))
  if (strange !== undefined) throw refusal(`"${strange}" is not a part of a write concern.`, where, within)
  if (numberOf(concern['w']) === 0)
    throw refusal('A write with w: 0 is never answered, so its outcome could not be told.', where, within)
}
