/** Collects the conditions of a `where` with their values; values only ever travel as parameters. */
export interface Conditions {
  values: unknown[]
  /** Keeps a value and answers its placeholder. */
  bind(value: unknown): string
  add(condition: string): void
  sql(): string
}

export function conditions(): Conditions {
  const values: unknown[] = []
  const parts: string[] = []
  return {
    values,
    bind: (value) => `$${values.push(value)}`,
    add: (condition) => void parts.push(`(${condition})`),
    sql: () => (parts.length > 0 ? parts.join(' and ') : 'true'),
  }
}

/** Pattern of LIKE that finds the text itself anywhere; the text's own wildcards mean themselves. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`
