/** The part of JSON Schema that the API's schemas use. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  format?: string
  pattern?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  additionalProperties?: boolean | Schema
  default?: unknown
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
}

/** A schema as people write types; `#Name` stands for a named schema. */
export function shapeOf(schema: Schema, indent = ''): string {
  if (schema.$ref) return `#${schema.$ref.split('/').pop() ?? ''}`
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return choices.map((choice) => shapeOf(choice, indent)).join(' | ')
  if (schema.allOf) return schema.allOf.map((part) => shapeOf(part, indent)).join(' & ')
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.items) return `[${shapeOf(schema.items, indent)}]`
  if (schema.properties)
    return `${objectShape(schema.properties, schema.required ?? [], indent)}${schema.type?.includes('null') ? ' | null' : ''}`
  if (typeof schema.additionalProperties === 'object')
    return `{ [name]: ${shapeOf(schema.additionalProperties, indent)} }`
  const type = [schema.type ?? 'any'].flat().join(' | ')
  return [type, ...limits(schema)].join(' ')
}

function objectShape(properties: Record<string, Schema>, required: string[], indent: string): string {
  const lines = Object.entries(properties).map(
    ([name, property]) =>
      `${indent}  ${name}${required.includes(name) ? '' : '?'}: ${shapeOf(property, `${indent}  `)}`,
  )
  return lines.length > 0 ? `{\n${lines.join('\n')}\n${indent}}` : '{}'
}

function limits({ format, minimum, maximum, minLength, maxLength, default: preset }: Schema): string[] {
  const range = (low: number | undefined, high: number | undefined, unit: string) =>
    low === undefined && high === undefined ? [] : [`(${low ?? ''}..${high ?? ''}${unit})`]
  return [
    ...(format ? [`<${format}>`] : []),
    ...range(minimum, maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum, ''),
    ...range(minLength, maxLength, ' characters'),
    ...(preset === undefined ? [] : [`= ${JSON.stringify(preset)}`]),
  ]
}
