import { BSON } from 'mongodb'

/** A value in a form that may be sent between threads: the classes of MongoDB's values would be lost on the way. */
export type Packed =
  { object: [string, Packed][] } | { list: Packed[] } | { bson: Uint8Array } | { plain: unknown }

const isBson = (value: object) => '_bsontype' in value

/** Packs a value for another thread. */
export function pack(value: unknown): Packed {
  if (typeof value !== 'object' || value === null) return { plain: value }
  if (Array.isArray(value)) return { list: value.map(pack) }
  if (isBson(value)) return { bson: BSON.serialize({ value }) }
  if (value instanceof Date || value instanceof RegExp) return { plain: value }
  return { object: Object.entries(value).map(([name, content]) => [name, pack(content)]) }
}

/** The value again. */
export function unpack(packed: Packed): unknown {
  if ('plain' in packed) return packed.plain
  if ('list' in packed) return packed.list.map(unpack)
  if ('bson' in packed)
    return BSON.deserialize(packed.bson, { promoteValues: false, bsonRegExp: true })['value']
  const object: Record<string, unknown> = {}
  for (const [name, content] of packed.object) {
    Object.defineProperty(object, name, {
      value: unpack(content),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return object
}
