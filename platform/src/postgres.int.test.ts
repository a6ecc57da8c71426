import { afterAll, beforeAll, expect, it } from 'vitest'
import { testDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { createLog } from './log.ts'
import { createPool, inTransaction, type Pool } from './postgres.ts'

let database: Awaited<ReturnType<typeof testDatabase>>
let pool: Pool
beforeAll(async () => {
  database = await testDatabase()
  pool = createPool(database.url, 'test', createLog('test', 'silent'))
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

it('a connection that is lost between two queries of a transaction fails it, and not the process', async () => {
  await pool.query('create table kept (n int)')
  const work = inTransaction(pool, async (connection) => {
    await connection.query('insert into kept values (1)')
    const { rows } = await connection.query<{ pid: number }>('select pg_backend_pid() as pid')
    const broken = new Promise((resolve) => connection.once('end', resolve))
    await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid])
    await broken
    await connection.query('insert into kept values (2)')
  })
  await expect(work).rejects.toThrow(/not queryable|terminat/)
  expect((await pool.query('select from kept')).rowCount).toBe(0)
})
