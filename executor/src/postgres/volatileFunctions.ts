import type { Statement } from '@sre-portal/analysis/sql/statements'
import type { PostgresSession } from './session.ts'

const query = `
  select 1 from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) p.pronamespace
  where p.proname operator(pg_catalog.=) any ($1::pg_catalog.text[])
    and p.provolatile operator(pg_catalog.=) 'v'
    and n.nspname operator(pg_catalog.<>) 'pg_catalog'
  limit 1`

/** True when one of the called functions is the users' own and may write: a SELECT of it must not run READ ONLY. */
export async function callsVolatileFunction(
  session: PostgresSession,
  statements: Statement[],
): Promise<boolean> {
  const functions = [...new Set(statements.flatMap((statement) => statement.functions))]
  if (functions.length === 0) return false
  const rows = await session.command(query, [functions])
  return rows.length > 0
}
