export interface StateRow {
  name: string
  text: string
  changed: boolean
  empty: boolean
  long: boolean
}

/** A folded state as rows: what the event changed first, then the rest in its own order. */
export function stateRows(state: Record<string, unknown>, changed: string[]): StateRow[] {
  const rows = Object.entries(state).map(([name, value]): StateRow => {
    const isText = typeof value === 'string'
    const text = isText ? value : JSON.stringify(value, null, 2)
    const empty = value === null || value === undefined || value === ''
    return {
      name,
      text: empty ? '' : text,
      changed: changed.includes(name),
      empty,
      long: !empty && (text.includes('\n') || text.length > 160),
    }
  })
  return [...rows.filter((row) => row.changed), ...rows.filter((row) => !row.changed)]
}
