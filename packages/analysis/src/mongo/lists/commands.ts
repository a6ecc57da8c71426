import { always, chosen, optionsOf, written, type Options } from './options.ts'

/** What a command's first field holds. */
export type CommandTarget = 'collection' | 'collectionOrOne' | 'one' | 'namespace' | 'command' | 'cursor'

export interface Command {
  kind: 'read' | 'write'
  target: CommandTarget
  fields: Options
}

const read = (target: CommandTarget, fields: Options): Command => ({ kind: 'read', target, fields })
const write = (target: CommandTarget, fields: Options): Command => ({ kind: 'write', target, fields })

const cursor = { ...always, cursor: 'document' } as const satisfies Options

/** https://www.mongodb.com/docs/v8.0/reference/command/, by the name in small letters. Every other command is refused. */
export const commands: ReadonlyMap<string, Command> = new Map([
  [
    'find',
    read('collection', { ...optionsOf.find, sort: 'sortDocument', filter: 'filter', singleBatch: 'boolean' }),
  ],
  [
    'aggregate',
    read('collectionOrOne', {
      ...optionsOf.aggregate,
      pipeline: 'any',
      cursor: 'document',
      explain: 'boolean',
    }),
  ],
  ['count', read('collection', { ...optionsOf.count, query: 'filter' })],
  ['distinct', read('collection', { ...optionsOf.distinct, key: 'text', query: 'filter' })],
  [
    'listcollections',
    read('one', { ...cursor, filter: 'filter', nameOnly: 'boolean', authorizedCollections: 'boolean' }),
  ],
  ['listindexes', read('collection', cursor)],
  ['dbstats', read('one', { ...always, scale: 'number', freeStorage: 'number' })],
  ['collstats', read('collection', { ...always, scale: 'number' })],
  [
    'datasize',
    read('namespace', {
      ...always,
      keyPattern: 'document',
      min: 'document',
      max: 'document',
      estimate: 'boolean',
    }),
  ],
  ['ping', read('one', always)],
  ['hello', read('one', always)],
  ['ismaster', read('one', always)],
  ['buildinfo', read('one', always)],
  ['connectionstatus', read('one', { ...always, showPrivileges: 'boolean' })],
  ['explain', read('command', { ...always, verbosity: 'text' })],
  ['getmore', read('cursor', { ...always, collection: 'text', batchSize: 'number' })],
  ['killcursors', read('collection', { ...always, cursors: 'any' })],
  // It takes locks and reads everything; what repairs is not among its fields.
  [
    'validate',
    write('collection', {
      ...always,
      full: 'boolean',
      background: 'boolean',
      metadata: 'boolean',
      checkBSONConformance: 'boolean',
    }),
  ],
  ['insert', write('collection', { ...optionsOf.insert, documents: 'documents' })],
  [
    'update',
    write('collection', {
      ...written,
      let: 'expressions',
      ordered: 'boolean',
      bypassDocumentValidation: 'boolean',
      updates: 'documents',
    }),
  ],
  [
    'delete',
    write('collection', { ...written, let: 'expressions', ordered: 'boolean', deletes: 'documents' }),
  ],
  [
    'findandmodify',
    write('collection', {
      ...written,
      ...chosen,
      query: 'filter',
      sort: 'sortDocument',
      remove: 'boolean',
      update: 'any',
      new: 'boolean',
      fields: 'projection',
      upsert: 'boolean',
      arrayFilters: 'filters',
      bypassDocumentValidation: 'boolean',
    }),
  ],
  ['create', write('collection', optionsOf.createCollection)],
  ['createindexes', write('collection', { ...written, indexes: 'documents', commitQuorum: 'any' })],
  ['dropindexes', write('collection', { ...written, index: 'any' })],
  ['drop', write('collection', written)],
  [
    'collmod',
    write('collection', {
      ...written,
      index: 'document',
      validator: 'filter',
      validationLevel: 'text',
      validationAction: 'text',
      viewOn: 'text',
      pipeline: 'pipeline',
      expireAfterSeconds: 'any',
      changeStreamPreAndPostImages: 'document',
      cappedSize: 'number',
      cappedMax: 'number',
      timeseries: 'document',
      dryRun: 'boolean',
    }),
  ],
  ['createsearchindexes', write('collection', { ...always, indexes: 'documents' })],
  ['updatesearchindex', write('collection', { ...always, id: 'text', name: 'text', definition: 'document' })],
  ['dropsearchindex', write('collection', { ...always, id: 'text', name: 'text' })],
])

const onServer = 'it runs JavaScript on the server'
const byOperations = 'it is for the operators of the server, not for one database'

/** Of the manual too, and never sent, with the reason or with what to write instead. */
export const refusedCommands: ReadonlyMap<string, string> = new Map([
  ...['mapreduce', 'eval', '$eval', 'group'].map((name) => [name, onServer] as const),
  ...[
    ...['shutdown', 'fsync', 'fsyncunlock', 'setparameter', 'getparameter', 'killop', 'killsessions'],
    ...['killallsessions', 'currentop', 'serverstatus', 'hostinfo', 'getlog', 'top', 'profile', 'compact'],
    ...['createuser', 'updateuser', 'dropuser', 'createrole', 'updaterole', 'droprole', 'grantrolestouser'],
    ...['logrotate', 'applyops', 'replsetreconfig', 'setfeaturecompatibilityversion', 'movechunk'],
  ].map((name) => [name, byOperations] as const),
  ['dropdatabase', 'drop the collections one by one'],
  ['renamecollection', 'write db.collection.renameCollection("name")'],
  ['bulkwrite', 'write db.collection.bulkWrite([...])'],
  ['clonecollectionascapped', 'it is not undone by anything'],
  ['converttocapped', 'it deletes what does not fit'],
  ...['starttransaction', 'committransaction', 'aborttransaction'].map(
    (name) => [name, 'each statement commits by itself'] as const,
  ),
])
