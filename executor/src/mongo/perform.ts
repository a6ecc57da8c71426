import type { Document } from 'mongodb'
import type { Operation } from '@sre-portal/analysis/mongo/operations'
import { asStored } from '@sre-portal/analysis/mongo/packedOperation'
import { numberOf } from '@sre-portal/analysis/mongo/plainValues'
import type { MongoConnection } from './connection.ts'
import { cursorOf, value, type Performed } from './performed.ts'
import { aggregate, performRead } from './performRead.ts'
import { performWrite } from './performWrite.ts'
import { documentOf, sentOptions, type Bounds } from './sentOptions.ts'
import { affectedBy } from './writeErrorsAnswered.ts'

/** Sends one checked operation. */
export async function perform(
  connection: MongoConnection,
  operation: Operation,
  maxTimeMS: number,
): Promise<Performed> {
  const bounds: Bounds = { session: connection.session, maxTimeMS }
  if (operation.collection === null) return performOnDatabase(connection, operation, bounds)
  const name = operation.collection
  const [first] = operation.args
  switch (operation.method) {
    case 'stats':
      return command(connection, { collStats: name }, bounds)
    case 'dropIndex':
    case 'dropIndexes':
      return command(connection, { dropIndexes: name, index: first ?? '*' }, bounds)
    default: {
      const collection = connection.database.collection(name)
      const reading = await performRead(collection, operation, bounds)
      return reading ?? performWrite(collection, operation, bounds)
    }
  }
}

async function performOnDatabase(
  connection: MongoConnection,
  operation: Operation,
  bounds: Bounds,
): Promise<Performed> {
  const { database } = connection
  const [first, second] = operation.args
  switch (operation.method) {
    case 'getCollectionNames':
      return value(await collectionNames(connection, bounds))
    case 'getCollectionInfos':
      return cursorOf(database.listCollections(documentOf(first), sentOptions(second, bounds)))
    case 'stats':
      return command(connection, { dbStats: 1 }, bounds)
    case 'createCollection':
      await database.createCollection(String(first), sentOptions(second, bounds))
      return value({ ok: 1 })
    case 'aggregate':
      return aggregate(database, operation, bounds)
    default:
      return command(connection, documentOf(first), bounds)
  }
}

const maxNamesLength = 4 * 1024 * 1024

async function collectionNames({ database }: MongoConnection, bounds: Bounds): Promise<string[]> {
  const names: string[] = []
  let length = 0
  for await (const { name } of database.listCollections({}, { ...bounds, nameOnly: true })) {
    length += name.length
    if (length > maxNamesLength)
      throw new Error(
        'The names of all collections take more than 4 MiB: ask by getCollectionInfos with a filter.',
      )
    names.push(name)
  }
  return names.sort()
}

// The server takes no bound of time with these: the first one's is that of its cursor.
const unbounded = new Set(['getMore', 'killCursors'])

async function command(
  { database }: MongoConnection,
  asked: Document,
  { session, maxTimeMS }: Bounds,
): Promise<Performed> {
  const [name = ''] = Object.keys(asked)
  const within = Math.min(numberOf(asked['maxTimeMS']) ?? maxTimeMS, maxTimeMS)
  const sent = unbounded.has(name) ? asked : { ...asked, maxTimeMS: within }
  const answer = await database.command(sent, { session, ...asStored })
  return value(answer, affectedBy(asked, answer))
}
