import type { Statement } from '@sre-portal/analysis/sql/statements'
import type { PostgresSession } from './session.ts'

/** What the target's catalog adds to what the text of statements tells. */
export interface ServerJudgement {
  /** True when a name that looks like PostgreSQL's own, or like a column, may be a function or operator of the users' own that writes: it must not run READ ONLY. */
  writes: boolean
  /** What may run that can't be judged, in words, also where READ ONLY lets it pass: it may reach out of the transaction. */
  unseen: string | null
}

// What superusers installed in C and declared as not volatile is believed. What is declared so and writes all the same is stopped by READ ONLY.
const query = `
  with recursive reached (oid) as (
    select c.oid from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
    where c.relname operator(pg_catalog.=) any ($4::pg_catalog.text[])
      and n.nspname operator(pg_catalog.<>) 'pg_catalog' and n.nspname operator(pg_catalog.<>) 'information_schema'
    union
    select d.refobjid from reached r
    join pg_catalog.pg_rewrite w on w.ev_class operator(pg_catalog.=) r.oid
    join pg_catalog.pg_depend d on d.objid operator(pg_catalog.=) w.oid
    where d.classid operator(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      and d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
  ), rules (classid, oid) as (
    select 'pg_catalog.pg_rewrite'::pg_catalog.regclass, w.oid from reached r
    join pg_catalog.pg_rewrite w on w.ev_class operator(pg_catalog.=) r.oid
    union all
    select 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid from reached r
    join pg_catalog.pg_policy p on p.polrelid operator(pg_catalog.=) r.oid
  ), called (classid, oid) as (
    select d.refclassid, d.refobjid from rules r
    join pg_catalog.pg_depend d
      on d.classid operator(pg_catalog.=) r.classid and d.objid operator(pg_catalog.=) r.oid
  ), functions (name, writes) as (
    select p.proname, p.provolatile operator(pg_catalog.=) 'v' and p.is_named
    from (
      select f.*, f.proname operator(pg_catalog.=) any ($1::pg_catalog.text[])
        or exists (
          select 1 from pg_catalog.pg_operator o
          where o.oprcode operator(pg_catalog.=) f.oid and o.oprname operator(pg_catalog.=) any ($2::pg_catalog.text[]))
        or f.pronargs operator(pg_catalog.>) 0 and f.proname operator(pg_catalog.=) any ($3::pg_catalog.text[]) as is_named
      from pg_catalog.pg_proc f) p
    join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) p.pronamespace
    join pg_catalog.pg_language l on l.oid operator(pg_catalog.=) p.prolang
    where n.nspname operator(pg_catalog.<>) 'pg_catalog' and n.nspname operator(pg_catalog.<>) 'information_schema'
      and (p.provolatile operator(pg_catalog.=) 'v'
        or l.lanname operator(pg_catalog.<>) 'c' and l.lanname operator(pg_catalog.<>) 'internal')
      and (p.is_named
        or exists (
          select 1 from called c
          where c.classid operator(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
            and c.oid operator(pg_catalog.=) p.oid)
        or exists (
          select 1 from called c
          join pg_catalog.pg_operator o on o.oid operator(pg_catalog.=) c.oid
          where c.classid operator(pg_catalog.=) 'pg_catalog.pg_operator'::pg_catalog.regclass
            and o.oprcode operator(pg_catalog.=) p.oid))
  )
  (select 'function', name, writes from functions order by writes desc limit 1)
  union all
  (select 'foreign table', c.relname, false from reached r
   join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) r.oid
   where c.relkind operator(pg_catalog.=) 'f' limit 1)`

/** Asks the target what these statements reach by names, views, rules and policies. */
export async function judgeOnServer(
  session: PostgresSession,
  statements: Statement[],
): Promise<ServerJudgement> {
  const names = (['functions', 'operators', 'attributes', 'relations'] as const).map((kind) => [
    ...new Set(statements.flatMap((statement) => statement[kind])),
  ])
  if (names.every((list) => list.length === 0)) return { writes: false, unseen: null }
  const found = await session.command(query, names)
  const [first] = found
  return {
    writes: found.some(([, , writes]) => writes === 't'),
    unseen: first
      ? `The ${first[0]} ${first[1]} of the database may be reached, and what it does can't be told from the text.`
      : null,
  }
}
