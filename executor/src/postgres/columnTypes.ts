import pg from 'pg'

const builtin = new Map<number, string>(
  Object.entries(pg.types.builtins).flatMap(([name, oid]) =>
    typeof oid === 'number' ? [[oid, name.toLowerCase()] as const] : [],
  ),
)
builtin.set(19, 'name').set(705, 'unknown').set(2249, 'record')

type Ask = (query: string, values: unknown[]) => Promise<(string | null)[][]>

/** Names of PostgreSQL's types by oid, as the database calls them; arrays as `int4[]`. Asks the server for those it doesn't know. */
export class ColumnTypes {
  readonly #known = new Map(builtin)

  /** Fills in what is not known yet; called where the transaction can still answer. */
  async learn(oids: number[], ask: Ask): Promise<void> {
    const missing = [...new Set(oids)].filter((oid) => !this.#known.has(oid))
    if (missing.length === 0) return
    for (const [oid, name, element] of await ask(typesQuery, [`{${missing.join(',')}}`]))
      this.#known.set(Number(oid), element == null ? (name ?? '') : `${element}[]`)
  }

  nameOf(oid: number): string {
    return this.#known.get(oid) ?? `oid:${oid}`
  }
}

// No operator, type or function without its schema: nothing on the search path can stand in for one.
const typesQuery = `
  select t.oid, t.typname, e.typname
  from pg_catalog.pg_type t
  left join pg_catalog.pg_type e on e.oid operator(pg_catalog.=) t.typelem
    and t.typcategory operator(pg_catalog.=) 'A'
  where t.oid operator(pg_catalog.=) any ($1::pg_catalog.oid[])`
