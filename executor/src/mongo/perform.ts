import {
  type AggregateOptions,
  type AnyBulkWriteOperation,
  type Collection,
  type Document,
  type FindCursor,
  type IndexSpecification,
} from 'mongodb'
import type { Modifier, Operation } from '@sre-portal/analysis/mongo/operations'
import type { MongoConnection } from './connection.ts'

/** What came back: documents of a cursor, or one answer. `affected` is what a write changed. */
export type Performed =
  | { kind: 'cursor'; cursor: AsyncIterable<unknown> & { close(): Promise<void> } }
  | { kind: 'value'; value: unknown; affected: number | null }

// Numbers keep the type that they are stored with.
const typed = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true }

const asDocument = (value: unknown): Document => (typeof value === 'object' && value !== null ? value : {})
const asPipeline = (value: unknown): Document[] =>
  Array.isArray(value) ? (value as Document[]) : [asDocument(value)]

/** Sends one checked operation. */
export async function perform(
  connection: MongoConnection,
  operation: Operation,
  maxTimeMS: number,
): Promise<Performed> {
  const { database, session } = connection
  const [first, second] = operation.args
  const bounds = { session, maxTimeMS }
  if (operation.collection !== null) return performOnCollection(connection, operation, maxTimeMS)
  switch (operation.method) {
    case 'getCollectionNames': {
      const infos = await database.listCollections({}, { ...bounds, nameOnly: true }).toArray()
      return value(infos.map(({ name }) => name).sort())
    }
    case 'getCollectionInfos':
      return { kind: 'cursor', cursor: database.listCollections(asDocument(first), bounds) }
    case 'stats':
      return value(await database.command({ dbStats: 1, maxTimeMS }, { session }))
    case 'createCollection':
      await database.createCollection(String(first), { ...asDocument(second), ...bounds })
      return value({ ok: 1 })
    case 'aggregate':
      return {
        kind: 'cursor',
        cursor: database.aggregate(asPipeline(first), { ...asDocument(second), ...bounds }),
      }
    default:
      return value(await database.command(bounded(asDocument(first), maxTimeMS), { session, ...typed }))
  }
}

async function performOnCollection(
  connection: MongoConnection,
  operation: Operation,
  maxTimeMS: number,
): Promise<Performed> {
  const collection = connection.database.collection(operation.collection ?? '')
  const bounds = { session: connection.session, maxTimeMS }
  const [first, second, third] = operation.args
  const filter = asDocument(first)
  switch (operation.method) {
    case 'find':
      return shaped(
        collection.find(filter, { ...projected(second, third), ...bounds, ...typed }),
        operation.modifiers,
      )
    case 'findOne':
      return value(await collection.findOne(filter, { ...projected(second, third), ...bounds, ...typed }))
    case 'aggregate': {
      const options: AggregateOptions = {
        ...asDocument(second),
        ...bounds,
        ...typed,
        ...aggregateOptions(operation.modifiers),
      }
      const cursor = collection.aggregate(asPipeline(first), options)
      return operation.modifiers.some(({ name }) => name === 'explain')
        ? value(await cursor.explain())
        : { kind: 'cursor', cursor }
    }
    case 'count':
    case 'countDocuments':
      return value(await collection.countDocuments(filter, { ...asDocument(second), ...bounds }))
    case 'estimatedDocumentCount':
      return value(await collection.estimatedDocumentCount({ ...asDocument(first), ...bounds }))
    case 'distinct': {
      const values: unknown[] = await collection.distinct(String(first), asDocument(second), {
        ...asDocument(third),
        ...bounds,
        ...typed,
      })
      return { kind: 'cursor', cursor: listed(values) }
    }
    case 'getIndexes':
    case 'indexes':
      return { kind: 'cursor', cursor: collection.listIndexes(bounds) }
    default:
      return performWrite(collection, operation, bounds)
  }
}

async function performWrite(
  collection: Collection,
  { method, args }: Operation,
  bounds: { session: MongoConnection['session']; maxTimeMS: number },
): Promise<Performed> {
  const [first, second, third] = args
  const filter = asDocument(first)
  const change = second as Document
  switch (method) {
    case 'insertOne':
      return value(await collection.insertOne(filter, { ...asDocument(second), ...bounds }), 1)
    case 'insertMany': {
      const answer = await collection.insertMany(first as Document[], { ...asDocument(second), ...bounds })
      return value(answer, answer.insertedCount)
    }
    case 'updateOne':
    case 'updateMany':
    case 'replaceOne': {
      const answer = await collection[method](filter, change, { ...asDocument(third), ...bounds })
      return value(answer, answer.modifiedCount + answer.upsertedCount)
    }
    case 'deleteOne':
    case 'deleteMany': {
      const answer = await collection[method](filter, { ...asDocument(second), ...bounds })
      return value(answer, answer.deletedCount)
    }
    case 'findOneAndUpdate':
    case 'findOneAndReplace': {
      const found = await collection[method](filter, change, { ...returning(third), ...bounds, ...typed })
      return value(found, found === null ? 0 : 1)
    }
    case 'findOneAndDelete': {
      const found = await collection.findOneAndDelete(filter, { ...asDocument(second), ...bounds, ...typed })
      return value(found, found === null ? 0 : 1)
    }
    case 'bulkWrite': {
      const answer = await collection.bulkWrite(first as AnyBulkWriteOperation[], {
        ...asDocument(second),
        ...bounds,
      })
      const { insertedCount, modifiedCount, deletedCount, upsertedCount } = answer
      const told = {
        insertedCount,
        matchedCount: answer.matchedCount,
        modifiedCount,
        deletedCount,
        upsertedCount,
      }
      return value(told, insertedCount + modifiedCount + deletedCount + upsertedCount)
    }
    case 'createIndex':
      return value(
        await collection.createIndex(first as IndexSpecification, { ...asDocument(second), ...bounds }),
      )
    case 'dropIndex':
      return value(await collection.dropIndex(String(first), bounds))
    case 'drop':
      return value(await collection.drop(bounds))
    default:
      throw new Error(`${method} has no implementation.`)
  }
}

// The name of a command is its first field, so the bound comes after it.
const bounded = (command: Document, maxTimeMS: number): Document =>
  'maxTimeMS' in command ? command : { ...command, maxTimeMS }

const value = (answer: unknown, affected: number | null = null): Performed => ({
  kind: 'value',
  value: answer,
  affected,
})

/** mongosh takes the projection as second argument of find, and options as third; the driver wants both in one. */
function projected(projection: unknown, options: unknown): Document {
  const given = asDocument(options)
  return projection === undefined ? given : { ...given, projection }
}

function returning(options: unknown): Document {
  const { returnNewDocument, ...rest } = asDocument(options)
  return returnNewDocument === true ? { ...rest, returnDocument: 'after' } : rest
}

async function shaped(cursor: FindCursor, modifiers: Modifier[]): Promise<Performed> {
  let counted = false
  let explained = false
  for (const { name, args } of modifiers) {
    const [first] = args
    if (name === 'count' || name === 'size') counted = true
    else if (name === 'explain') explained = true
    else if (name === 'projection') cursor.project(asDocument(first))
    else if (name === 'sort') cursor.sort(first as Document)
    else if (name === 'limit') cursor.limit(Number(first))
    else if (name === 'skip') cursor.skip(Number(first))
    else if (name === 'project') cursor.project(asDocument(first))
    else if (name === 'hint') cursor.hint(first as Document)
    else if (name === 'collation') cursor.collation(asDocument(first) as { locale: string })
    else if (name === 'min') cursor.min(asDocument(first))
    else if (name === 'max') cursor.max(asDocument(first))
    else if (name === 'allowDiskUse') cursor.allowDiskUse()
    else if (name === 'returnKey') cursor.returnKey(true)
    else if (name === 'showRecordId') cursor.showRecordId(true)
  }
  if (explained) return value(await cursor.explain())
  if (!counted) return { kind: 'cursor', cursor }
  let count = 0
  for await (const _ of cursor) count += 1
  return value(count)
}

function aggregateOptions(modifiers: Modifier[]): AggregateOptions {
  const options: AggregateOptions = {}
  for (const { name, args } of modifiers) {
    if (name === 'allowDiskUse') options.allowDiskUse = true
    if (name === 'hint') options.hint = args[0] as Document
    if (name === 'collation') options.collation = asDocument(args[0]) as { locale: string }
  }
  return options
}

/** Values that came at once, read like a cursor. */
function listed(values: unknown[]): AsyncIterable<unknown> & { close(): Promise<void> } {
  return {
    close: () => Promise.resolve(),
    async *[Symbol.asyncIterator]() {
      yield* values
    },
  }
}
