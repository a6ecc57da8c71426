/** https://www.mongodb.com/docs/v8.0/reference/operator/update/: 'filter' where conditions stand behind the fields. */
export const updateOperators: ReadonlyMap<string, 'value' | 'filter' | 'push'> = new Map<
  string,
  'value' | 'filter' | 'push'
>([
  ...['$currentDate', '$inc', '$min', '$max', '$mul', '$rename', '$set', '$setOnInsert', '$unset'].map(
    (name) => [name, 'value'] as const,
  ),
  ...['$pop', '$pullAll', '$bit'].map((name) => [name, 'value'] as const),
  ['$addToSet', 'push'],
  ['$push', 'push'],
  ['$pull', 'filter'],
])

/** What changes how $push and $addToSet add. */
export const pushModifiers: ReadonlySet<string> = new Set(['$each', '$position', '$slice', '$sort'])
