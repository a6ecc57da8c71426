import type { AggregateOptions, Collection, CollationOptions, Document, FindCursor } from 'mongodb'
import type { Modifier, Operation } from '@sre-portal/analysis/mongo/operations'
import { asStored } from '@sre-portal/analysis/mongo/packedOperation'
import { numberOf } from '@sre-portal/analysis/mongo/plainValues'
import { cursorOf, listed, value, type Performed } from './performed.ts'
import { documentOf, sentOptions, type Bounds } from './sentOptions.ts'

/** Sends a read of a collection; null when the method is none. */
export async function performRead(
  collection: Collection,
  operation: Operation,
  bounds: Bounds,
): Promise<Performed | null> {
  const [first, second, third] = operation.args
  const filter = documentOf(first)
  switch (operation.method) {
    case 'find':
      return shaped(collection.find(filter, found(second, third, bounds)), operation.modifiers, bounds)
    case 'findOne':
      return value(await collection.findOne(filter, found(second, third, bounds)))
    case 'aggregate':
      return aggregate(collection, operation, bounds)
    case 'count':
    case 'countDocuments':
      return value(await collection.countDocuments(filter, sentOptions(second, bounds)))
    case 'estimatedDocumentCount':
      return value(await collection.estimatedDocumentCount(sentOptions(first, bounds)))
    case 'distinct': {
      const options = { ...sentOptions(third, bounds), ...asStored }
      return listed(await collection.distinct(String(first), documentOf(second), options))
    }
    case 'getIndexes':
    case 'indexes':
      return cursorOf(collection.listIndexes(bounds))
    default:
      return null
  }
}

/** Sends a pipeline, of a collection or of the database. */
export async function aggregate(
  of: Pick<Collection, 'aggregate'>,
  { args, modifiers }: Operation,
  bounds: Bounds,
): Promise<Performed> {
  const [pipeline, options] = args
  const chained: Document = {}
  for (const { name, args: given } of modifiers) {
    if (['hint', 'collation', 'comment', 'batchSize', 'maxTimeMS'].includes(name)) chained[name] = given[0]
    if (name === 'allowDiskUse') chained[name] = given[0] ?? true
  }
  const sent: AggregateOptions = {
    ...sentOptions({ ...documentOf(options), ...chained }, bounds),
    ...asStored,
  }
  const cursor = of.aggregate(pipeline as Document[], sent)
  const explain = modifiers.find(({ name }) => name === 'explain')
  return explain ? value(await cursor.explain(verbosityOf(explain))) : cursorOf(cursor)
}

/** mongosh takes the projection as second argument of find, and options as third; the driver wants both in one. */
function found(projection: unknown, options: unknown, bounds: Bounds): Document {
  const given = sentOptions(options, bounds)
  return {
    ...given,
    ...(projection === undefined ? {} : { projection: documentOf(projection) }),
    ...asStored,
  }
}

async function shaped(cursor: FindCursor, modifiers: Modifier[], bounds: Bounds): Promise<Performed> {
  for (const modifier of modifiers) shape(cursor, modifier, bounds)
  const explain = modifiers.find(({ name }) => name === 'explain')
  if (explain) return value(await cursor.explain(verbosityOf(explain)))
  if (!modifiers.some(({ name }) => ['count', 'itcount', 'size'].includes(name))) return cursorOf(cursor)
  let count = 0
  for await (const _ of cursor) count += 1
  return value(count)
}

function shape(cursor: FindCursor, { name, args }: Modifier, bounds: Bounds): void {
  const [first] = args
  switch (name) {
    case 'sort':
      cursor.sort(first as Document)
      return
    case 'limit':
      cursor.limit(Number(first))
      return
    case 'skip':
      cursor.skip(Number(first))
      return
    case 'project':
    case 'projection':
      cursor.project(documentOf(first))
      return
    case 'hint':
      cursor.hint(first as Document)
      return
    case 'collation':
      cursor.collation(documentOf(first) as CollationOptions)
      return
    case 'batchSize':
      cursor.batchSize(Number(first))
      return
    case 'comment':
      // The driver's type says text; the server takes any value.
      cursor.comment(first as string)
      return
    case 'maxTimeMS':
      cursor.maxTimeMS(Math.min(numberOf(first) ?? bounds.maxTimeMS, bounds.maxTimeMS))
      return
    case 'min':
      cursor.min(documentOf(first))
      return
    case 'max':
      cursor.max(documentOf(first))
      return
    case 'allowDiskUse':
      cursor.allowDiskUse(first !== false)
      return
    case 'returnKey':
      cursor.returnKey(first !== false)
      return
    case 'showRecordId':
      cursor.showRecordId(first !== false)
  }
}

/** mongosh plans when nothing is said; the driver would run the query. */
const verbosityOf = ({ args: [verbosity] }: Modifier): string | boolean =>
  typeof verbosity === 'string' || typeof verbosity === 'boolean' ? verbosity : 'queryPlanner'
