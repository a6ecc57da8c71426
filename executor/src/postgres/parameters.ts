/** A value that a script bound, as it comes over the broker: arrays and objects are already PostgreSQL's text. */
export type Parameter = null | string | number | boolean | { bytes: string }

/** PostgreSQL's text format of a bound value; the server converts it to the parameter's type. */
export function toParameterText(value: Parameter): string | Buffer | null {
  if (value === null) return null
  return typeof value === 'object' ? `\\x${value.bytes}` : String(value)
}

/** Checks what came from a script; null when it is not a list of parameters. */
export function parseParameters(values: unknown): Parameter[] | null {
  if (!Array.isArray(values)) return null
  return values.every(isParameter) ? values : null
}

function isParameter(value: unknown): value is Parameter {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true
  return (
    typeof value === 'object' &&
    'bytes' in value &&
    typeof value.bytes === 'string' &&
    /^[0-9a-f]*$/.test(value.bytes)
  )
}
