import { BSON, type Document } from 'mongodb'
import type { Modifier, Operation } from './operations.ts'

/** An operation whose values are BSON, exactly as they will be sent: it can be copied from thread to thread and loses nothing. */
export interface PackedOperation extends Omit<Operation, 'args' | 'modifiers'> {
  values: Uint8Array
}

/** Numbers, dates and all other types as they are stored, none turned into a type of JavaScript. */
export const asStored = {
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  bsonRegExp: true,
} as const

/** @throws BSONError for what BSON can't hold */
export function packOperation({ args, modifiers, ...rest }: Operation): PackedOperation {
  return { ...rest, values: BSON.serialize({ args, modifiers }) }
}

export function unpackOperation({ values, ...rest }: PackedOperation): Operation {
  const { args, modifiers }: Document = BSON.deserialize(values, asStored)
  return { ...rest, args: args as unknown[], modifiers: modifiers as Modifier[] }
}
