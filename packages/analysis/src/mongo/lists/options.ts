/** What an option holds, so that nothing is sent that the driver or the server would leave out. */
export type OptionShape =
  | 'number'
  | 'milliseconds'
  | 'boolean'
  | 'text'
  | 'document'
  | 'filter'
  | 'filters'
  | 'projection'
  | 'expressions'
  | 'pipeline'
  | 'index'
  | 'writeConcern'
  | 'beforeOrAfter'
  | 'documents'
  | 'update'
  | 'sort'
  | 'sortDocument'
  | 'any'

export type Options = Readonly<Record<string, OptionShape>>

const always = { maxTimeMS: 'milliseconds', comment: 'any' } as const satisfies Options
const written = { ...always, writeConcern: 'writeConcern' } as const satisfies Options
const chosen = { collation: 'document', hint: 'index', let: 'expressions' } as const satisfies Options

const found = {
  ...always,
  ...chosen,
  readConcern: 'document',
  sort: 'sort',
  skip: 'number',
  limit: 'number',
  projection: 'projection',
  batchSize: 'number',
  allowDiskUse: 'boolean',
  allowPartialResults: 'boolean',
  min: 'document',
  max: 'document',
  returnKey: 'boolean',
  showRecordId: 'boolean',
} as const satisfies Options

const updated = {
  ...written,
  ...chosen,
  upsert: 'boolean',
  arrayFilters: 'filters',
  bypassDocumentValidation: 'boolean',
} as const satisfies Options

const foundAndChanged = {
  ...written,
  ...chosen,
  sort: 'sort',
  projection: 'projection',
} as const satisfies Options
const returned = { returnDocument: 'beforeOrAfter', returnNewDocument: 'boolean' } as const satisfies Options

/** Options by method, of mongosh 2 and of the driver: https://www.mongodb.com/docs/v8.0/reference/method/. Every other one is refused. */
export const optionsOf = {
  find: found,
  aggregate: {
    ...always,
    ...chosen,
    readConcern: 'document',
    writeConcern: 'writeConcern',
    allowDiskUse: 'boolean',
    batchSize: 'number',
    bypassDocumentValidation: 'boolean',
  },
  count: {
    ...always,
    collation: 'document',
    hint: 'index',
    limit: 'number',
    skip: 'number',
    readConcern: 'document',
  },
  estimate: { ...always, readConcern: 'document' },
  distinct: { ...always, collation: 'document', hint: 'index', readConcern: 'document' },
  insert: { ...written, bypassDocumentValidation: 'boolean', ordered: 'boolean' },
  update: { ...updated, sort: 'sort' },
  replace: {
    ...written,
    ...chosen,
    upsert: 'boolean',
    bypassDocumentValidation: 'boolean',
    sort: 'sort',
  },
  delete: { ...written, ...chosen },
  findOneAndUpdate: { ...updated, ...foundAndChanged, ...returned },
  findOneAndReplace: {
    ...foundAndChanged,
    ...returned,
    upsert: 'boolean',
    bypassDocumentValidation: 'boolean',
  },
  findOneAndDelete: foundAndChanged,
  bulkWrite: { ...written, ordered: 'boolean', bypassDocumentValidation: 'boolean', let: 'expressions' },
  createIndex: {
    ...always,
    unique: 'boolean',
    name: 'text',
    background: 'boolean',
    partialFilterExpression: 'filter',
    sparse: 'boolean',
    hidden: 'boolean',
    expireAfterSeconds: 'number',
    collation: 'document',
    weights: 'document',
    default_language: 'text',
    language_override: 'text',
    textIndexVersion: 'number',
    '2dsphereIndexVersion': 'number',
    bits: 'number',
    min: 'number',
    max: 'number',
    wildcardProjection: 'document',
    writeConcern: 'writeConcern',
    commitQuorum: 'any',
  },
  drop: written,
  createCollection: {
    ...written,
    capped: 'boolean',
    size: 'number',
    max: 'number',
    timeseries: 'document',
    expireAfterSeconds: 'number',
    clusteredIndex: 'document',
    changeStreamPreAndPostImages: 'document',
    validator: 'filter',
    validationLevel: 'text',
    validationAction: 'text',
    indexOptionDefaults: 'document',
    viewOn: 'text',
    pipeline: 'pipeline',
    collation: 'document',
  },
  listCollections: { ...always, nameOnly: 'boolean', authorizedCollections: 'boolean' },
  none: {},
} as const satisfies Record<string, Options>

export { always, written, chosen }
