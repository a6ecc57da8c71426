import { Double, Int32, Long, type Document } from 'mongodb'
import { z } from 'zod'
import { datasets, readDataset } from './datasets.ts'

const text = z.union([z.string(), z.number().transform(String)])
const number = z.number().nullable()
const movieSchema = z.object({
  Title: text.nullable(),
  'Release Date': text.nullable(),
  'MPAA Rating': text.nullable(),
  'Running Time min': number,
  Distributor: text.nullable(),
  'Major Genre': text.nullable(),
  Director: text.nullable(),
  'US Gross': number,
  'Worldwide Gross': number,
  'Production Budget': number,
  'Rotten Tomatoes Rating': number,
  'IMDB Rating': number,
  'IMDB Votes': number,
})
const airportSchema = z.object({
  iata: z.string(),
  name: z.string(),
  city: z.string(),
  state: z.string(),
  country: z.string(),
  latitude: z.coerce.number(),
  longitude: z.coerce.number(),
})

/** The demonstration's collections, of the same open data as its tables; what isn't known is left out. */
export async function demoCollections(): Promise<{ name: string; documents: Document[] }[]> {
  const movies = await rowsOf('movies', movieSchema)
  const airports = await rowsOf('airports', airportSchema)
  return [
    { name: 'movies', documents: movies.map(toMovie) },
    { name: 'airports', documents: airports.map(toAirport) },
  ]
}

async function rowsOf<T extends z.ZodType>(table: string, schema: T): Promise<z.infer<T>[]> {
  const dataset = datasets.find((one) => one.table === table)
  if (!dataset) throw new Error(`There is no data set ${table}.`)
  return z.array(schema).parse(JSON.parse(await readDataset(dataset)))
}

const toMovie = (movie: z.infer<typeof movieSchema>, index: number): Document =>
  known({
    _id: new Int32(index + 1),
    title: movie.Title,
    released: instantOf(movie['Release Date']),
    rating: movie['MPAA Rating'],
    minutes: int(movie['Running Time min']),
    distributor: movie.Distributor,
    genre: movie['Major Genre'],
    director: movie.Director,
    budgetUsd: long(movie['Production Budget']),
    grossUsd: known({ us: long(movie['US Gross']), worldwide: long(movie['Worldwide Gross']) }),
    scores: known({
      rottenTomatoes: int(movie['Rotten Tomatoes Rating']),
      imdb: movie['IMDB Rating'] === null ? null : new Double(movie['IMDB Rating']),
      votes: int(movie['IMDB Votes']),
    }),
  })

const toAirport = ({ iata, latitude, longitude, ...rest }: z.infer<typeof airportSchema>): Document => ({
  _id: iata,
  ...rest,
  location: { type: 'Point', coordinates: [new Double(longitude), new Double(latitude)] },
})

const int = (value: number | null) => (value === null ? null : new Int32(value))
const long = (value: number | null) => (value === null ? null : Long.fromNumber(value))

function instantOf(date: string | null): Date | null {
  const instant = date === null ? NaN : Date.parse(`${date} UTC`)
  return Number.isNaN(instant) ? null : new Date(instant)
}

const known = (fields: Document): Document =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
