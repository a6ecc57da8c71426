/** What stands behind an operator of a filter, so that it can be looked into. */
type Operand = 'filters' | 'filter' | 'condition' | 'conditions' | 'expression' | 'value'

/** https://www.mongodb.com/docs/v8.0/reference/operator/query/: at the top of a filter. */
export const filterOperators: ReadonlyMap<string, Operand> = new Map<string, Operand>([
  ['$and', 'filters'],
  ['$or', 'filters'],
  ['$nor', 'filters'],
  ['$expr', 'expression'],
  ['$jsonSchema', 'value'],
  ['$text', 'value'],
  ['$comment', 'value'],
  ['$sampleRate', 'value'],
])

/** The same manual: behind the name of a field. */
export const fieldOperators: ReadonlyMap<string, Operand> = new Map<string, Operand>([
  ...[
    ...['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$exists', '$type', '$mod', '$regex'],
    ...['$options', '$size', '$comment', '$bitsAllClear', '$bitsAllSet', '$bitsAnyClear', '$bitsAnySet'],
    ...['$geoIntersects', '$geoWithin', '$near', '$nearSphere', '$maxDistance', '$minDistance'],
    ...['$geometry', '$box', '$center', '$centerSphere', '$polygon', '$uniqueDocs'],
  ].map((name) => [name, 'value'] as const),
  ['$not', 'condition'],
  ['$elemMatch', 'filter'],
  ['$all', 'conditions'],
])

/** What may stand, with a $, within the operands that are values: parts of geometry and text search, and references. */
export const operandFields: ReadonlySet<string> = new Set([
  ...[
    '$geometry',
    '$box',
    '$center',
    '$centerSphere',
    '$polygon',
    '$maxDistance',
    '$minDistance',
    '$uniqueDocs',
  ],
  ...['$search', '$language', '$caseSensitive', '$diacriticSensitive'],
  ...['$ref', '$id', '$db'],
])
