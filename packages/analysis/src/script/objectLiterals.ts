import type { Node, ObjectExpression, Program, Property } from 'acorn'
import type { Engine } from '@sre-portal/contracts'
import { eachNode } from '../javascript/boundedParser.ts'
import { movedField, movedWords } from '../fieldOrder.ts'

/** A field of a script's object that would not be there as it is written. */
export interface LostField {
  message: string
  offset: number
}

/**
 * The first field of an object literal that JavaScript would drop without a word or, in a script for MongoDB, where the order of fields is part of
 * a document, move. Names that are only known when the script runs can't be judged here.
 */
export function lostField(program: Program, engine: Engine | null): LostField | null {
  let first: LostField | null = null
  for (const { node } of eachNode(program)) {
    if (!isObject(node)) continue
    const found = lostIn(node, engine)
    if (found && (!first || found.offset < first.offset)) first = found
  }
  return first
}

const isObject = (node: Node): node is ObjectExpression => node.type === 'ObjectExpression'

interface Field {
  name: string
  property: Property
}

function lostIn(node: ObjectExpression, engine: Engine | null): LostField | null {
  const fields = node.properties.flatMap((property) => {
    const name = property.type === 'Property' ? nameOf(property) : null
    return property.type === 'Property' && name !== null ? [{ name, property }] : []
  })
  return twice(fields) ?? (engine === 'mongodb' ? (prototype(fields) ?? moved(fields)) : null)
}

/** The name where the text says it, else null. */
function nameOf({ key, computed }: Property): string | null {
  if (key.type === 'Literal') return String(key.value)
  return key.type === 'Identifier' && !computed ? key.name : null
}

function twice(fields: Field[]): LostField | null {
  const seen = new Set<string>()
  for (const { name, property } of fields) {
    if (property.kind !== 'init') continue
    if (seen.has(name)) {
      const message = `The field ${name} stands twice in this object: JavaScript would drop the first without a word.`
      return { message, offset: property.start }
    }
    seen.add(name)
  }
  return null
}

function prototype(fields: Field[]): LostField | null {
  const found = fields.find(({ name, property }) => {
    const { computed, shorthand, method, value } = property
    const isNull = value.type === 'Literal' && value.raw === 'null'
    return name === '__proto__' && !computed && !shorthand && !method && !isNull
  })
  if (!found) return null
  const message =
    'JavaScript takes __proto__ for the prototype, and no field would be sent: write ["__proto__"] for a field of that name.'
  return { message, offset: found.property.start }
}

function moved(fields: Field[]): LostField | null {
  const names = [...new Set(fields.map(({ name }) => name))]
  const found = movedField(names)
  const field = found && fields.find(({ name }) => name === names[found.at])
  return field ? { message: movedWords(names, found), offset: field.property.start } : null
}
