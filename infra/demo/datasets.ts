import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface Dataset {
  table: string
  file: string
  /** Inserts what `$1`, the data set as a JSON array, holds. */
  insert: string
}

export const datasets: Dataset[] = [
  {
    table: 'airports',
    file: 'airports.csv',
    insert: `insert into airports select iata, name, city, state, country, latitude, longitude
      from jsonb_to_recordset($1::jsonb) as (iata text, name text, city text, state text, country text,
        latitude double precision, longitude double precision)`,
  },
  {
    table: 'flights',
    file: 'flights-20k.json',
    insert: `insert into flights (scheduled_at, delay_minutes, distance_miles, origin, destination)
      select to_timestamp(date, 'YYYY/MM/DD HH24:MI') at time zone 'UTC', delay, distance, origin, destination
      from jsonb_to_recordset($1::jsonb) as (date text, delay integer, distance integer, origin text, destination text)`,
  },
  {
    table: 'movies',
    file: 'movies.json',
    insert: `insert into movies (title, release_date, rating, running_minutes, distributor, genre, director, us_gross_usd,
        worldwide_gross_usd, budget_usd, rotten_tomatoes, imdb_rating, imdb_votes)
      select "Title", to_date("Release Date", 'Mon DD YYYY'), "MPAA Rating", "Running Time min", "Distributor",
        "Major Genre", "Director", "US Gross", "Worldwide Gross", "Production Budget", "Rotten Tomatoes Rating",
        "IMDB Rating", "IMDB Votes"
      from jsonb_to_recordset($1::jsonb) as ("Title" text, "Release Date" text, "MPAA Rating" text,
        "Running Time min" smallint, "Distributor" text, "Major Genre" text, "Director" text, "US Gross" bigint,
        "Worldwide Gross" bigint, "Production Budget" bigint, "Rotten Tomatoes Rating" smallint,
        "IMDB Rating" numeric, "IMDB Votes" integer)`,
  },
  {
    table: 'weather',
    file: 'weather.csv',
    insert: `insert into weather select location, date, precipitation, temp_max, temp_min, wind, weather
      from jsonb_to_recordset($1::jsonb) as (location text, date date, precipitation numeric, temp_max numeric,
        temp_min numeric, wind numeric, weather text)`,
  },
  {
    table: 'earthquakes',
    file: 'earthquakes.json',
    insert: `insert into earthquakes
      select feature->>'id', to_timestamp((feature->'properties'->>'time')::bigint / 1000.0),
        (feature->'properties'->>'mag')::real, (feature->'geometry'->'coordinates'->>2)::double precision,
        feature->'properties'->>'place', (feature->'geometry'->'coordinates'->>1)::double precision,
        (feature->'geometry'->'coordinates'->>0)::double precision,
        (feature->'properties'->>'tsunami')::integer = 1, feature->'properties'
      from jsonb_array_elements($1::jsonb) as feature`,
  },
]

const folder = () => {
  const require = createRequire(import.meta.url)
  return join(dirname(dirname(require.resolve('vega-datasets'))), 'data')
}

/** The data set as the text of a JSON array of objects. */
export async function readDataset({ file }: Dataset): Promise<string> {
  const text = await readFile(join(folder(), file), 'utf8')
  if (file.endsWith('.csv')) return JSON.stringify(parseCsv(text))
  const data = JSON.parse(text) as unknown[] | { features: unknown[] }
  return JSON.stringify(Array.isArray(data) ? data : data.features)
}

/** CSV by RFC 4180, first line the names. */
export function parseCsv(text: string): Record<string, string>[] {
  const [names = [], ...rows] = readRows(text)
  return rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? ''])))
}

function readRows(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy)) {
    const row = rows.at(-1) ?? []
    row.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end !== ',') rows.push([])
  }
  return rows.filter((row) => row.length > 1)
}
