import type { AnyBulkWriteOperation, BulkWriteResult, Collection, Document, IndexDirection } from 'mongodb'
import type { Operation } from '@sre-portal/analysis/mongo/operations'
import { asStored } from '@sre-portal/analysis/mongo/packedOperation'
import { value, type Performed } from './performed.ts'
import { documentOf, sentOptions, type Bounds } from './sentOptions.ts'

/** Sends a write of a collection. */
export async function performWrite(
  collection: Collection,
  { method, args }: Operation,
  bounds: Bounds,
): Promise<Performed> {
  const [first, second, third] = args
  const filter = documentOf(first)
  const change = second as Document
  const options = (given: unknown): Document => sentOptions(given, bounds)
  switch (method) {
    case 'insertOne':
      return value(await collection.insertOne(filter, options(second)), 1)
    case 'insertMany': {
      const answer = await collection.insertMany(first as Document[], options(second))
      return value(answer, answer.insertedCount)
    }
    case 'updateOne':
    case 'updateMany':
    case 'replaceOne': {
      const answer = await collection[method](filter, change, options(third))
      return value(answer, answer.modifiedCount + answer.upsertedCount)
    }
    case 'deleteOne':
    case 'deleteMany': {
      const answer = await collection[method](filter, options(second))
      return value(answer, answer.deletedCount)
    }
    case 'findOneAndUpdate':
    case 'findOneAndReplace':
      return findAndChange(collection, method, filter, change, documentOf(third), bounds)
    case 'findOneAndDelete': {
      const deleted = await collection.findOneAndDelete(filter, { ...options(second), ...asStored })
      return value(deleted, deleted === null ? 0 : 1)
    }
    case 'bulkWrite': {
      const told = countsOf(await collection.bulkWrite(first as AnyBulkWriteOperation[], options(second)))
      return value(told, changedBy(told))
    }
    case 'createIndex':
      return value(await collection.createIndex(indexKeys(first), options(second)))
    case 'createIndexes': {
      const { common, each } = indexOptions(documentOf(second))
      const indexes = (first as unknown[]).map((keys) => ({ ...each, key: indexKeys(keys) }))
      return value(await collection.createIndexes(indexes, options(common)))
    }
    case 'drop':
      return value(await collection.drop(options(first)))
    case 'renameCollection': {
      await collection.rename(String(first), { ...bounds, dropTarget: second === true })
      return value({ ok: 1 })
    }
    default:
      throw new Error(`${method} has no implementation.`)
  }
}

/** Keys that were written as a list keep its order, which those of a document may not. */
const indexKeys = (keys: unknown): Map<string, IndexDirection> =>
  new Map(Array.isArray(keys) ? (keys as KeyPair[]) : (Object.entries(keys as Document) as KeyPair[]))
type KeyPair = [string, IndexDirection]

const ofAllIndexes = new Set(['writeConcern', 'commitQuorum', 'maxTimeMS', 'comment'])

/** What is said of the whole command, and what of each index. */
function indexOptions(options: Document): { common: Document; each: Document } {
  const entries = Object.entries(options)
  const those = (wanted: boolean) =>
    Object.fromEntries(entries.filter(([name]) => ofAllIndexes.has(name) === wanted))
  return { common: those(true), each: those(false) }
}

/** What a bulk write changed, by kind. */
export interface WriteCounts {
  insertedCount: number
  matchedCount: number
  modifiedCount: number
  deletedCount: number
  upsertedCount: number
}

export const countsOf = (answer: WriteCounts | BulkWriteResult): WriteCounts => ({
  insertedCount: answer.insertedCount,
  matchedCount: answer.matchedCount,
  modifiedCount: answer.modifiedCount,
  deletedCount: answer.deletedCount,
  upsertedCount: answer.upsertedCount,
})

export const changedBy = (counts: WriteCounts): number =>
  counts.insertedCount + counts.modifiedCount + counts.deletedCount + counts.upsertedCount

/** How many documents it changed is in the server's own answer: what it found may have been an upsert's nothing. */
async function findAndChange(
  collection: Collection,
  method: 'findOneAndUpdate' | 'findOneAndReplace',
  filter: Document,
  change: Document,
  options: Document,
  bounds: Bounds,
): Promise<Performed> {
  const { returnNewDocument, ...rest } = options
  const sent = {
    ...sentOptions(rest, bounds),
    ...(returnNewDocument === true ? { returnDocument: 'after' as const } : {}),
    ...asStored,
    includeResultMetadata: true,
  } as const
  const answer = await collection[method](filter, change, sent)
  return value(answer?.value ?? null, Number(answer?.lastErrorObject?.['n'] ?? 0))
}
