import pg from 'pg'

const builtin = new Map<number, string>(
  Object.entries(pg.types.builtins).flatMap(([name, oid]) =>
    typeof oid === 'number' ? [[oid, name.toLowerCase()] as const] : [],
  ),
)
builtin.set(19, 'name').set(705, 'unknown').set(2249, 'record')

type Lookup = (oids: number[]) => Promise<{ oid: number; name: string }[]>

/** Names of PostgreSQL's types by oid, as the database calls them; arrays as `int4[]`. Asks the server for those it doesn't know. */
export class ColumnTypes {
  readonly #known = new Map(builtin)

  /** Fills in what is not known yet; called where the transaction can still answer. */
  async learn(oids: number[], lookup: Lookup): Promise<void> {
    const missing = [...new Set(oids)].filter((oid) => !this.#known.has(oid))
    if (missing.length === 0) return
    for (const { oid, name } of await lookup(missing)) this.#known.set(oid, name)
  }

  nameOf(oid: number): string {
    return this.#known.get(oid) ?? `oid:${oid}`
  }
}

/** Query for `learn`; `pg_catalog` is named so that nothing on the search path can stand in for it. */
export const columnTypesQuery = `
  select t.oid::int8 as oid, case when e.oid is null then t.typname else e.typname || '[]' end as name
  from pg_catalog.pg_type t
  left join pg_catalog.pg_type e on e.oid operator(pg_catalog.=) t.typelem
    and t.typcategory operator(pg_catalog.=) 'A'
  where t.oid operator(pg_catalog.=) any ($1::pg_catalog.oid[])`
