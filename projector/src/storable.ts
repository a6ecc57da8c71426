const notStorable = /\0|\p{Surrogate}/gu

/**
 * The value as PostgreSQL can hold it: NUL and unpaired surrogates, which its text and jsonb refuse, become U+FFFD. Without this a
 * comment with a NUL in it would stop the projection.
 */
export function storable<T>(value: T): T {
  return deep(value) as T
}

function deep(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(notStorable, '\ufffd')
  if (Array.isArray(value)) return value.map(deep)
  if (value instanceof Date || typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [storable(key), deep(item)]))
}
