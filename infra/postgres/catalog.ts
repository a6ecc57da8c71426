import type { Client } from 'pg'

/** What PostgreSQL itself brings along, as lists of names: functions by their volatility (the most volatile of all overloads counts), operators, types. */
export async function readCatalog(client: Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ server_version: string }>('show server_version')
  const catalog: Record<string, string> = { serverVersion: rows[0]?.server_version ?? '' }
  for (const [name, query] of Object.entries(queries)) {
    const { rows: names } = await client.query<[string]>({ text: query, rowMode: 'array' })
    catalog[name] = names.map(([value]) => value).join(' ')
  }
  return catalog
}

/** Where the analysis of statements has them. */
export const catalogFile = new URL('../../packages/analysis/src/sql/postgresCatalog.json', import.meta.url)

/** The file's content. */
export const catalogText = (catalog: Record<string, string>) => `${JSON.stringify(catalog, null, 2)}\n`

const functionsOf = (volatility: string) => `
  select proname from pg_catalog.pg_proc where pronamespace = 'pg_catalog'::regnamespace
  group by 1 having max(provolatile) = '${volatility}' order by proname collate "C"`

const queries = {
  immutable: functionsOf('i'),
  stable: functionsOf('s'),
  volatile: functionsOf('v'),
  operators: `
    select oprname from pg_catalog.pg_operator where oprnamespace = 'pg_catalog'::regnamespace
    group by 1 order by oprname collate "C"`,
  types: `
    select typname from pg_catalog.pg_type where typnamespace = 'pg_catalog'::regnamespace
    and typtype <> 'c' and (typcategory <> 'A' or typname like '%vector') order by typname collate "C"`,
}
