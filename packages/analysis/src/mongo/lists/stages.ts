/** What a stage's specification is, so that it can be looked into. */
export type StageShape =
  | 'filter'
  | 'expression'
  | 'value'
  | 'facet'
  | 'lookup'
  | 'unionWith'
  | 'graphLookup'
  | 'geoNear'
  | 'vectorSearch'
  | 'rankFusion'
  | 'out'
  | 'merge'
  | 'sort'

/** https://www.mongodb.com/docs/v8.0/reference/operator/aggregation-pipeline/: the stages that read. */
export const readStages: ReadonlyMap<string, StageShape> = new Map<string, StageShape>([
  ...[
    ...[
      '$addFields',
      '$bucket',
      '$bucketAuto',
      '$count',
      '$densify',
      '$documents',
      '$fill',
      '$group',
      '$limit',
    ],
    ...['$project', '$redact', '$replaceRoot', '$replaceWith', '$sample', '$set', '$setWindowFields'],
    ...['$skip', '$sortByCount', '$unset', '$unwind'],
  ].map((name) => [name, 'expression'] as const),
  ...['$collStats', '$indexStats', '$listSearchIndexes', '$planCacheStats', '$search', '$searchMeta'].map(
    (name) => [name, 'value'] as const,
  ),
  ['$match', 'filter'],
  ['$sort', 'sort'],
  ['$facet', 'facet'],
  ['$lookup', 'lookup'],
  ['$unionWith', 'unionWith'],
  ['$graphLookup', 'graphLookup'],
  ['$geoNear', 'geoNear'],
  ['$vectorSearch', 'vectorSearch'],
  ['$rankFusion', 'rankFusion'],
])

/** Those that store their result in a collection. */
export const writeStages: ReadonlyMap<string, StageShape> = new Map<string, StageShape>([
  ['$out', 'out'],
  ['$merge', 'merge'],
])

/** Of the manual too, and never sent, with the reason. */
export const refusedStages: ReadonlyMap<string, string> = new Map([
  ['$changeStream', 'it does not come to an end'],
  ['$changeStreamSplitLargeEvent', 'it does not come to an end'],
  ...[
    ...['$currentOp', '$listSessions', '$listLocalSessions', '$listSampledQueries', '$queryStats'],
    ...['$shardedDataDistribution', '$operationMetrics', '$listClusterCatalog'],
  ].map((name) => [name, 'it shows what others do at the server'] as const),
])

/** The stages of an update that is a pipeline: https://www.mongodb.com/docs/v8.0/tutorial/update-documents-with-aggregation-pipeline/ */
export const updateStages: ReadonlySet<string> = new Set([
  ...['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith'],
])
