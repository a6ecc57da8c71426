import { useQuery, type QueryCache } from '@pinia/colada'
import { toValue, type MaybeRefOrGetter } from 'vue'
import type { z } from 'zod'
import { api } from './api.ts'
import type { QueryValues } from './client.ts'

export interface SteppedPage<Row> {
  items: Row[]
  total: number
  /** Rows ahead of this page. */
  before: number
  nextCursor: string | null
  previousCursor: string | null
  position: string
}

/** A list that the server filters, sorts and pages. Its `name` begins the cache's keys, under which changes are told. */
export interface ServerList<Row> {
  name: string
  path: string
  answer: z.ZodType<SteppedPage<Row>>
}

/** Rows of a page, and entries that a menu offers at once. */
export const pageRows = 30

const keyOf = ({ name }: { name: string }, query: QueryValues) => [name, 'page', JSON.stringify(query)]

/** The page that a query asks for; the one before it stays until it is there. */
export const useListPage = <Row>(
  list: MaybeRefOrGetter<ServerList<Row>>,
  query: MaybeRefOrGetter<QueryValues>,
  enabled: MaybeRefOrGetter<boolean> = true,
) =>
  useQuery({
    key: () => keyOf(toValue(list), toValue(query)),
    query: ({ signal }) => {
      const { path, answer } = toValue(list)
      return api.get(path, { answer, query: { limit: pageRows, ...toValue(query) }, signal })
    },
    enabled: () => toValue(enabled),
    placeholderData: (before) => before,
  })

/** As many ids as a query takes. */
const mostIds = 50

/** These rows, wherever in the list they stand. */
export const useRowsOf = <Row>(
  list: MaybeRefOrGetter<ServerList<Row>>,
  ids: MaybeRefOrGetter<readonly string[]>,
) =>
  useListPage(
    list,
    () => queryOf(toValue(ids)),
    () => toValue(ids).length > 0,
  )

const queryOf = (ids: readonly string[]) => ({ id: ids.slice(0, mostIds), limit: mostIds })

/** Keeps a row that a page has answered as the answer about it alone, so that what is chosen is known at once. */
export function keepRow<Row extends { id: string }>(
  cache: QueryCache,
  list: ServerList<Row>,
  row: Row,
  position: string,
): void {
  const page: SteppedPage<Row> = {
    ...{ items: [row], total: 1, before: 0, nextCursor: null, previousCursor: null },
    position,
  }
  cache.setQueryData(keyOf(list, queryOf([row.id])), page)
}
