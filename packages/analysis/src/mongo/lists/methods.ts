import { optionsOf, type Options } from './options.ts'

/** What an argument is, so that it can be looked into. */
export type ParameterShape =
  | 'filter'
  | 'projection'
  | 'document'
  | 'documents'
  | 'update'
  | 'replacement'
  | 'writes'
  | 'keys'
  | 'listOfKeys'
  | 'index'
  | 'indexes'
  | 'text'
  | 'boolean'
  | 'command'
  | 'pipeline'

export interface Parameter {
  shape: ParameterShape | Options
  required: boolean
}

export interface Method {
  kind: 'read' | 'write'
  parameters: Parameter[]
  /** What may follow it, by name. */
  modifiers: ReadonlyMap<string, Modifying>
}

/** What a call after find or aggregate takes. */
export type Modifying =
  | 'document'
  | 'projection'
  | 'number'
  | 'milliseconds'
  | 'flag'
  | 'index'
  | 'sort'
  | 'any'
  | 'verbosity'
  | 'nothing'

const cursorModifiers = new Map<string, Modifying>([
  ['sort', 'sort'],
  ['limit', 'number'],
  ['skip', 'number'],
  ['project', 'projection'],
  ['projection', 'projection'],
  ['hint', 'index'],
  ['collation', 'document'],
  ['batchSize', 'number'],
  ['comment', 'any'],
  ['maxTimeMS', 'milliseconds'],
  ['allowDiskUse', 'flag'],
  ['min', 'document'],
  ['max', 'document'],
  ['returnKey', 'flag'],
  ['showRecordId', 'flag'],
  ['toArray', 'nothing'],
  ['pretty', 'nothing'],
  ['count', 'nothing'],
  ['itcount', 'nothing'],
  ['size', 'nothing'],
  ['explain', 'verbosity'],
])
const aggregateModifiers = new Map<string, Modifying>([
  ...['toArray', 'pretty'].map((name) => [name, 'nothing'] as const),
  ['explain', 'verbosity'],
  ['allowDiskUse', 'flag'],
  ['batchSize', 'number'],
  ['comment', 'any'],
  ['maxTimeMS', 'milliseconds'],
  ['hint', 'index'],
  ['collation', 'document'],
])
const nothing = new Map<string, Modifying>()

const must = (shape: Parameter['shape']): Parameter => ({ shape, required: true })
const may = (shape: Parameter['shape']): Parameter => ({ shape, required: false })
const read = (...parameters: Parameter[]): Method => ({ kind: 'read', parameters, modifiers: nothing })
const write = (...parameters: Parameter[]): Method => ({ kind: 'write', parameters, modifiers: nothing })
const then = (modifiers: Method['modifiers'], method: Method): Method => ({ ...method, modifiers })

/** Methods of a collection. */
export const collectionMethods: ReadonlyMap<string, Method> = new Map([
  ['find', then(cursorModifiers, read(may('filter'), may('projection'), may(optionsOf.find)))],
  ['findOne', read(may('filter'), may('projection'), may(optionsOf.find))],
  ['aggregate', then(aggregateModifiers, read(must('pipeline'), may(optionsOf.aggregate)))],
  ['countDocuments', read(may('filter'), may(optionsOf.count))],
  ['count', read(may('filter'), may(optionsOf.count))],
  ['estimatedDocumentCount', read(may(optionsOf.estimate))],
  ['distinct', read(must('text'), may('filter'), may(optionsOf.distinct))],
  ['getIndexes', read()],
  ['indexes', read()],
  ['stats', read()],
  ['insertOne', write(must('document'), may(optionsOf.insert))],
  ['insertMany', write(must('documents'), may(optionsOf.insert))],
  ['updateOne', write(must('filter'), must('update'), may(optionsOf.update))],
  ['updateMany', write(must('filter'), must('update'), may(optionsOf.update))],
  ['replaceOne', write(must('filter'), must('replacement'), may(optionsOf.replace))],
  ['deleteOne', write(must('filter'), may(optionsOf.delete))],
  ['deleteMany', write(must('filter'), may(optionsOf.delete))],
  ['findOneAndUpdate', write(must('filter'), must('update'), may(optionsOf.findOneAndUpdate))],
  ['findOneAndReplace', write(must('filter'), must('replacement'), may(optionsOf.findOneAndReplace))],
  ['findOneAndDelete', write(must('filter'), may(optionsOf.findOneAndDelete))],
  ['bulkWrite', write(must('writes'), may(optionsOf.bulkWrite))],
  ['createIndex', write(must('keys'), may(optionsOf.createIndex))],
  ['createIndexes', write(must('listOfKeys'), may(optionsOf.createIndex))],
  ['dropIndex', write(must('index'))],
  ['dropIndexes', write(may('indexes'))],
  ['drop', write(may(optionsOf.drop))],
  ['renameCollection', write(must('text'), may('boolean'))],
])

/** Methods of the database. */
export const databaseMethods: ReadonlyMap<string, Method> = new Map([
  ['runCommand', read(must('command'))],
  ['command', read(must('command'))],
  ['getCollectionNames', read()],
  ['getCollectionInfos', read(may('filter'), may(optionsOf.listCollections))],
  ['stats', read()],
  ['createCollection', write(must('text'), may(optionsOf.createCollection))],
  ['aggregate', then(aggregateModifiers, read(must('pipeline'), may(optionsOf.aggregate)))],
])

/** What bulkWrite does, one write an item. */
export const bulkWrites: ReadonlyMap<
  string,
  Readonly<Record<string, ParameterShape | 'boolean' | 'filters' | 'sort'>>
> = new Map([
  ['insertOne', { document: 'document' }],
  ['updateOne', { ...bulkUpdate(), update: 'update', arrayFilters: 'filters', sort: 'sort' }],
  ['updateMany', { ...bulkUpdate(), update: 'update', arrayFilters: 'filters' }],
  ['replaceOne', { ...bulkUpdate(), replacement: 'replacement', sort: 'sort' }],
  ['deleteOne', { filter: 'filter', collation: 'document', hint: 'index' }],
  ['deleteMany', { filter: 'filter', collation: 'document', hint: 'index' }],
] as const)

function bulkUpdate() {
  return { filter: 'filter', upsert: 'boolean', collation: 'document', hint: 'index' } as const
}
