import type { Statement } from '@sre-portal/analysis/sql/statements'
import type { PostgresSession } from './session.ts'

// What is declared as immutable or stable and writes all the same is stopped by READ ONLY.
const query = `
  select 1 from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) p.pronamespace
  where p.provolatile operator(pg_catalog.=) 'v'
    and n.nspname operator(pg_catalog.<>) 'pg_catalog'
    and (p.proname operator(pg_catalog.=) any ($1::pg_catalog.text[])
      or exists (
        select 1 from pg_catalog.pg_operator o
        where o.oprcode operator(pg_catalog.=) p.oid
          and o.oprname operator(pg_catalog.=) any ($2::pg_catalog.text[]))
      or p.pronargs operator(pg_catalog.>) 0 and p.proname operator(pg_catalog.=) any ($3::pg_catalog.text[]))
  limit 1`

/**
 * True when a name that looks like PostgreSQL's own, or like a column, may be one of the users' own functions or operators that write: what uses it must not
 * run READ ONLY.
 */
export async function callsVolatileFunction(
  session: PostgresSession,
  statements: Statement[],
): Promise<boolean> {
  const names = (['functions', 'operators', 'attributes'] as const).map((kind) => [
    ...new Set(statements.flatMap((statement) => statement[kind])),
  ])
  if (names.every((list) => list.length === 0)) return false
  const rows = await session.command(query, names)
  return rows.length > 0
}
