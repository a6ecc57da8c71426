import pg from 'pg'

interface KnownType {
  name: string
  /** What stands between the items of an array of it. */
  delimiter: string
}

const comma = ','
const builtin = new Map<number, KnownType>(
  Object.entries(pg.types.builtins).flatMap(([name, oid]) =>
    typeof oid === 'number' ? [[oid, { name: name.toLowerCase(), delimiter: comma }] as const] : [],
  ),
)
for (const [oid, name] of [
  [19, 'name'],
  [705, 'unknown'],
  [2249, 'record'],
] as const)
  builtin.set(oid, { name, delimiter: comma })

type Ask = (query: string, values: unknown[]) => Promise<(string | null)[][]>

/**
 * Names of PostgreSQL's types by oid, as the database calls them; arrays as `int4[]`. Asks the server for those it doesn't know. A type of
 * somebody's own whose name would be read as another is told with its schema, in quotes.
 */
export class ColumnTypes {
  readonly #known = new Map(builtin)

  /** Fills in what is not known yet; called where the transaction can still answer. */
  async learn(oids: number[], ask: Ask): Promise<void> {
    const missing = [...new Set(oids)].filter((oid) => !this.#known.has(oid))
    if (missing.length === 0) return
    for (const [oid, name, delimiter, isArray] of await ask(typesQuery, [`{${missing.join(',')}}`]))
      this.#known.set(Number(oid), {
        name: `${name ?? ''}${isArray === 't' ? '[]' : ''}`,
        delimiter: delimiter ?? comma,
      })
  }

  nameOf(oid: number): string {
    return this.#known.get(oid)?.name ?? `oid:${oid}`
  }

  /** Between the items of an array; a comma for everything but arrays of a few types, such as box. */
  delimiterOf(oid: number): string {
    return this.#known.get(oid)?.delimiter ?? comma
  }
}

// No operator, type or function without its schema: nothing on the search path can stand in for one. An array is what its element calls its
// array: oidvector and int2vector have an element too, but a text form of their own.
const typesQuery = `
  select t.oid,
    case
      when n.nspname operator(pg_catalog.<>) 'pg_catalog' and (
        named.typname operator(pg_catalog.~) '\\]$' or exists (
          select from pg_catalog.pg_type own
          where own.typname operator(pg_catalog.=) named.typname
            and own.typnamespace operator(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace::pg_catalog.oid))
      then pg_catalog.concat(pg_catalog.quote_ident(n.nspname::pg_catalog.text), '.', '"',
        pg_catalog.replace(named.typname::pg_catalog.text, '"', '""'), '"')
      else named.typname
    end,
    named.typdelim, e.oid is not null
  from pg_catalog.pg_type t
  left join pg_catalog.pg_type e on e.typarray operator(pg_catalog.=) t.oid
  join pg_catalog.pg_type named on named.oid operator(pg_catalog.=) coalesce(e.oid, t.oid)
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) named.typnamespace
  where t.oid operator(pg_catalog.=) any ($1::pg_catalog.oid[])`
