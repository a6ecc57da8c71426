import type { QueryResultRow } from 'pg'
import { z } from 'zod'
import { conditions, type Conditions } from './conditions.ts'
import { encodeCursor, keyIn, notACursor } from './cursor.ts'
import type { ReadModel } from './readModel.ts'

/** One part of what a list is sorted by. */
interface KeyPart {
  sql: string
  type: 'boolean' | 'text' | 'uuid' | 'bigint'
}

/** What a list is made of; its key parts together are different for each row, so that a page begins exactly beside another one's row. */
export interface SteppedList {
  name: string
  columns: string
  from: string
  direction: 'asc' | 'desc'
  key: KeyPart[]
  narrow(where: Conditions): void
}

export interface SteppedPage<Row> {
  rows: Row[]
  total: number
  before: number
  nextCursor: string | null
  previousCursor: string | null
}

/** Names sort by their first characters, so that a cursor is bounded; no name that can be given is longer. */
export const byName = (column: string): KeyPart => ({ sql: `left(lower(${column}), 100)`, type: 'text' })

const keyTexts = {
  boolean: z.enum(['true', 'false']),
  text: z
    .string()
    .max(300)
    .regex(/^[^\0]*$/),
  uuid: z.uuid(),
  bigint: z.string().regex(/^\d{1,18}$/),
} satisfies Record<KeyPart['type'], z.ZodType<string>>

interface Start {
  goes: 'after' | 'before'
  key: string[]
}

/** The page after or before a cursor, and how many rows stand ahead of it. @throws DomainError `invalid` for a cursor of anything else */
export async function readSteppedPage<Row extends QueryResultRow>(
  readModel: ReadModel,
  list: SteppedList,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<SteppedPage<Row>> {
  const start = cursor ? startOf(list, cursor) : null
  const { total, ahead } = await countRows(readModel, list, start)
  // Too few rows before it to fill a page: that is the first page, from its beginning.
  if (!start || (start.goes === 'before' && ahead <= limit))
    return pageOf(list, await readRows<Row>(readModel, list, null, limit), { limit, total, before: 0 })
  const rows = await readRows<Row>(readModel, list, start, limit)
  if (start.goes === 'after') return pageOf(list, rows, { limit, total, before: ahead })
  const page = rows.slice(0, limit).toReversed()
  return {
    ...pageOf(list, page, { limit, total, before: Math.max(0, ahead - page.length) }),
    nextCursor: ahead < total ? cursorAt(list, 'after', page.at(-1)) : null,
  }
}

interface Keyed {
  key: string[]
}

function pageOf<Row>(
  list: SteppedList,
  found: (Row & Keyed)[],
  { limit, total, before }: { limit: number; total: number; before: number },
): SteppedPage<Row> {
  const rows = found.slice(0, limit)
  return {
    rows,
    total,
    before,
    nextCursor: found.length > rows.length ? cursorAt(list, 'after', rows.at(-1)) : null,
    previousCursor: before > 0 ? cursorAt(list, 'before', rows[0]) : null,
  }
}

const orderOf = (list: SteppedList, goes: Start['goes']) => `${list.name}, ${goes}`

const cursorAt = (list: SteppedList, goes: Start['goes'], row: Keyed | undefined) =>
  row ? encodeCursor(orderOf(list, goes), ...row.key) : null

function startOf(list: SteppedList, cursor: string): Start {
  const schema = z
    .array(z.string())
    .length(list.key.length)
    .refine((key) => list.key.every(({ type }, place) => keyTexts[type].safeParse(key[place]).success))
  for (const goes of ['after', 'before'] as const) {
    const key = keyIn(orderOf(list, goes), schema, cursor)
    if (key) return { goes, key }
  }
  throw notACursor()
}

/** How many rows there are, and how many the start leaves behind or, going back, before it. */
async function countRows(readModel: ReadModel, list: SteppedList, start: Start | null) {
  const where = conditions()
  list.narrow(where)
  const isFarther = list.direction === 'asc' ? '<' : '>'
  const comparison = start?.goes === 'after' ? `${isFarther}=` : isFarther
  const ahead = start ? compared(list, where, comparison, start.key) : 'false'
  const [row] = await readModel.query<{ total: number; ahead: number }>(
    `select count(*)::int as total, (count(*) filter (where ${ahead}))::int as ahead
     from ${list.from} where ${where.sql()}`,
    where.values,
  )
  return row ?? { total: 0, ahead: 0 }
}

/** One more than the page, so that it is known whether another one follows; going back, the nearest first. */
async function readRows<Row extends QueryResultRow>(
  readModel: ReadModel,
  list: SteppedList,
  start: Start | null,
  limit: number,
): Promise<(Row & Keyed)[]> {
  const where = conditions()
  list.narrow(where)
  const climbs = (list.direction === 'asc') === (start?.goes !== 'before')
  if (start) where.add(compared(list, where, climbs ? '>' : '<', start.key))
  const sorted = list.key.map(({ sql }) => `${sql} ${climbs ? 'asc' : 'desc'}`)
  const key = list.key.map(({ sql }) => `(${sql})::text`)
  return readModel.query<Row & Keyed>(
    `select ${list.columns}, array[${key.join(', ')}] as key from ${list.from} where ${where.sql()}
     order by ${sorted.join(', ')} limit ${where.bind(limit + 1)}`,
    where.values,
  )
}

function compared(list: SteppedList, where: Conditions, comparison: string, key: string[]): string {
  const own = list.key.map(({ sql }) => sql)
  const given = list.key.map(({ type }, place) => `${where.bind(key[place])}::${type}`)
  return `(${own.join(', ')}) ${comparison} (${given.join(', ')})`
}
