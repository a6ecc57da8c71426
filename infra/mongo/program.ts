import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { downloadedMongod } from './download.ts'
import { builtFerretDb } from './ferretdb.ts'
import { onPath } from './onPath.ts'

const usualCache = fileURLToPath(new URL('../../.cache/', import.meta.url))

export type MongoProduct = 'mongodb' | 'ferretdb'

/** A server program that speaks MongoDB's protocol. */
export interface MongoProgram {
  product: MongoProduct
  binary: string
}

/** What a person can do where no server was found. */
export const howToGetOne =
  'Put mongod or ferretdb on the PATH (or name it by MONGOD_BINARY), or install Go, with which FerretDB is built.'

/**
 * Finds, builds or downloads a server program: MONGOD_BINARY, mongod and ferretdb on the PATH, FerretDB built with Go, MongoDB downloaded.
 * Where there is none, `missing` says why and how to get one.
 */
export async function findMongoProgram(
  onProgress: (text: string) => void = () => {},
  cache = usualCache,
): Promise<MongoProgram | { missing: string }> {
  const mongod = process.env['MONGOD_BINARY'] || onPath('mongod')
  if (mongod) return { product: 'mongodb', binary: mongod }
  const ferretdb = onPath('ferretdb')
  if (ferretdb) return { product: 'ferretdb', binary: ferretdb }
  const built = await builtFerretDb(join(cache, 'ferretdb'), onProgress)
  if ('binary' in built) return { product: 'ferretdb', ...built }
  const downloaded = await downloadedMongod(join(cache, 'mongodb'), onProgress)
  if ('binary' in downloaded) return { product: 'mongodb', ...downloaded }
  return {
    missing: `There is no MongoDB server: ${built.missing}, and ${downloaded.missing}. ${howToGetOne}`,
  }
}
