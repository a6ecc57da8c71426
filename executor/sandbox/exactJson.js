import {
  SetClass,
  StringOf,
  anyBytesOf,
  append,
  apply,
  arrayJoin,
  dateTime,
  dateToIso,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isArray,
  isDate,
  numberIsFinite,
  ownKeys,
  setAdd,
  setDelete,
  setHas,
  stringifyString,
  unbox,
} from './primordials.js'
import { JsonNumber } from './jsonNumbers.js'
import { Refusal, fieldPath, readAt } from './refusal.js'
import { builtInKind, insteadOf } from './valueKinds.js'
import { maxFrameLength } from './writer.js'

const maxJsonDepth = 500

/**
 * A value as JSON text, as JSON.stringify has it, with every digit of a BigInt and of a JsonNumber. What JSON.stringify would leave out
 * or turn into something else is refused: what is sent is the whole value.
 */
export function exactJson(value, root) {
  const open = new SetClass()
  let left = maxFrameLength
  const spend = (text) => {
    left -= text.length
    if (left < 0) throw new Refusal(root, 'takes more than 4 MB as JSON: send it in parts.')
    return text
  }
  const write = (item, path, depth) => {
    switch (typeof item) {
      case 'string':
        return spend(stringifyString(item))
      case 'number':
        return spend(jsonNumber(item, path))
      case 'bigint':
      case 'boolean':
        return spend(StringOf(item))
      case 'undefined':
        throw new Refusal(path, 'is undefined, which JSON has no form for: write null.')
      case 'object':
        return item === null ? spend('null') : readAt(path, () => object(item, path, depth))
      default:
        throw new Refusal(path, `is a ${typeof item}, which JSON has no form for: leave it out.`)
    }
  }
  const object = (item, path, depth) => {
    if (item instanceof JsonNumber) return spend(item.toString())
    if (isDate(item)) return spend(stringifyString(jsonDate(item, path)))
    if (setHas(open, item))
      throw new Refusal(path, 'is an object that it is itself a part of: JSON has no circles.')
    if (depth >= maxJsonDepth) throw new Refusal(path, `is nested deeper than ${maxJsonDepth} levels.`)
    setAdd(open, item)
    const text = content(item, path, depth + 1)
    setDelete(open, item)
    return text
  }
  const content = (item, path, depth) => {
    const { toJSON } = item
    const shown = typeof toJSON === 'function' ? apply(toJSON, item, ['']) : item
    if (shown !== item) return write(shown, path, depth)
    if (isArray(item)) return list(item, path, depth)
    const held = unbox(item, getPrototypeOf(item))
    if (held !== undefined) return write(held, path, depth)
    if (anyBytesOf(item))
      throw new Refusal(path, 'is bytes, which JSON has no form for: write them as base64, or as [...view].')
    const kind = builtInKind(item)
    if (kind !== null) throw new Refusal(path, insteadOf(kind))
    return fields(item, path, depth)
  }
  const list = (items, path, depth) => {
    const parts = []
    for (let at = 0; at < items.length; at++) {
      const itemPath = `${path}[${at}]`
      const item = readAt(itemPath, () => items[at])
      append(parts, write(item, itemPath, depth))
      spend(',')
    }
    return `[${arrayJoin(parts, ',')}]`
  }
  const fields = (item, path, depth) => {
    const parts = []
    const names = ownKeys(item)
    for (let at = 0; at < names.length; at++) {
      const name = names[at]
      if (!getOwnPropertyDescriptor(item, name)?.enumerable) continue
      if (typeof name === 'symbol')
        throw new Refusal(path, 'has a field that is named by a symbol: JSON has only texts as names.')
      const namePath = fieldPath(path, name)
      const field = readAt(namePath, () => item[name])
      // As everywhere in JavaScript: a field that is undefined is not there.
      if (field === undefined) continue
      append(parts, `${spend(stringifyString(name))}:${write(field, namePath, depth)}`)
      spend(':,')
    }
    return `{${arrayJoin(parts, ',')}}`
  }
  return write(value, root, 0)
}

function jsonNumber(number, path) {
  if (!numberIsFinite(number))
    throw new Refusal(path, `is ${StringOf(number)}, which JSON has no number for: write null, or a text.`)
  return Object.is(number, -0) ? '-0' : StringOf(number)
}

function jsonDate(date, path) {
  if (!numberIsFinite(dateTime(date))) throw new Refusal(path, 'is an invalid date.')
  return dateToIso(date)
}
