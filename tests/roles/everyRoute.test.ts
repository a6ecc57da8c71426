import { describe, expect, it } from 'vitest'
import { apiRoutes } from '@sre-portal/contracts'
import { commandRoutes } from '@sre-portal/query-service/api/commandRoutes'
import { otherQueryRoutes, queryRoutes } from '@sre-portal/query-service/api/queryRoutes'
import { commandRows, commanders, strangers } from './commandTable.ts'
import { queryRows, queryTable, readers } from './queryTable.ts'

/** The rows of each route, by method and path. */
const rows = new Map<string, Record<string, number>[]>()
const named = ({ method, path }: { method: string; path: string }) => `${method.toUpperCase()} ${path}`
for (const operation of Object.keys(commandRoutes) as (keyof typeof commandRoutes)[])
  rows.set(named(commandRoutes[operation]), commandRows[operation])
const questions = { ...queryRoutes, ...otherQueryRoutes }
for (const operation of Object.keys(queryTable) as (keyof typeof queryTable)[])
  rows.set(
    named(questions[operation]),
    queryRows(operation).map(({ row }) => row),
  )

const cells = [...rows.values()].flat().flatMap((row) => Object.values(row)).length

describe(`the tables of people and routes, with ${cells} cells`, () => {
  it.each(apiRoutes.map(named))('%s has a row for everybody', (route) => {
    const found = rows.get(route) ?? []
    expect(found.length).toBeGreaterThan(0)
    const everybody = [...strangers, ...(route.startsWith('GET') ? readers : commanders)]
    for (const row of found) {
      expect(Object.keys(row).sort()).toEqual([...everybody].sort())
      expect(Object.values(row).every((status) => status >= 200 && status < 500)).toBe(true)
    }
  })

  it('have no row for a route that there is not', () =>
    expect([...rows.keys()].sort()).toEqual(apiRoutes.map(named).sort()))

  it('say something of everybody about every route', () => expect(cells).toBeGreaterThan(700))
})
