import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { withClient } from '../databases.ts'
import { catalogFile, catalogText, readCatalog } from './catalog.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

test('what the analysis takes for PostgreSQL’s own is what the embedded server has (else: npm run postgres-catalog)', async () => {
  const catalog = await withClient(database.url, readCatalog)
  expect(await readFile(catalogFile, 'utf8')).toBe(catalogText(catalog))
})
