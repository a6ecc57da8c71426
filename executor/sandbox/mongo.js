import { TypeErrorClass, freeze, parseJson, stringifyString } from './primordials.js'
import { call } from './transport.js'
import { fromEjson, toEjson } from './mongoValues.js'

function fieldsOf(collection, method, values, modifiers) {
  let length = values.length
  while (length > 0 && values[length - 1] === undefined) length -= 1
  const args = []
  for (let at = 0; at < length; at++) args[at] = values[at] ?? {}
  const name = collection === null ? 'null' : stringifyString(collection)
  return `,"collection":${name},"method":"${method}","args":${stringifyString(toEjson(args))},"modifiers":${stringifyString(toEjson(modifiers))}`
}

async function ask(collection, method, values, modifiers) {
  return fromEjson(parseJson(await call('mongo', fieldsOf(collection, method, values, modifiers))))
}

/** Reads a cursor in batches, each asked for when the one before has been worked off; leaving the loop lets go of it. */
async function* read(fields) {
  let answer = await call('mongo-open', fields)
  try {
    for (;;) {
      const documents = fromEjson(parseJson(answer.documents))
      for (let at = 0; at < documents.length; at++) yield documents[at]
      if (answer.cursor === null) return
      answer = await call('mongo-next', `,"cursor":${answer.cursor}`)
    }
  } finally {
    if (answer.cursor !== null) await call('mongo-close', `,"cursor":${answer.cursor}`)
  }
}

function cursorOf(collection, method, values) {
  const modifiers = []
  const shaped =
    (name) =>
    (...args) => {
      modifiers[modifiers.length] = { name, args }
      return cursor
    }
  const toArray = () => ask(collection, method, values, modifiers)
  const cursor = {
    sort: shaped('sort'),
    limit: shaped('limit'),
    skip: shaped('skip'),
    project: shaped('project'),
    hint: shaped('hint'),
    toArray,
    forEach: async (work) => {
      for await (const document of cursor) await work(document)
    },
    [Symbol.asyncIterator]: () => read(fieldsOf(collection, method, values, modifiers)),
  }
  return cursor
}

const collectionMethods = [
  ...[
    'findOne',
    'countDocuments',
    'estimatedDocumentCount',
    'insertOne',
    'insertMany',
    'updateOne',
    'updateMany',
    'replaceOne',
  ],
  ...[
    'deleteOne',
    'deleteMany',
    'findOneAndUpdate',
    'findOneAndReplace',
    'findOneAndDelete',
    'bulkWrite',
    'createIndex',
    'dropIndex',
  ],
]

function collectionOf(name) {
  if (typeof name !== 'string') throw new TypeErrorClass('db.collection(name): the name is a string.')
  const collection = {
    find: (...values) => cursorOf(name, 'find', withOptions(values)),
    aggregate: (...values) => cursorOf(name, 'aggregate', values),
    distinct: (...values) => ask(name, 'distinct', values, []),
    indexes: () => ask(name, 'indexes', [], []),
  }
  for (const method of collectionMethods) {
    collection[method] = async (...values) => {
      const answers = await ask(name, method, method === 'findOne' ? withOptions(values) : values, [])
      return answers.length === 0 ? null : answers[0]
    }
  }
  return freeze(collection)
}

/** The driver takes the projection within the options, the shell before them. */
const withOptions = ([filter, options]) => [filter ?? {}, options?.projection, options]

/** `db` of a MongoDB script. */
export const mongoDb = () =>
  freeze({
    collection: collectionOf,
    command: async (command) => (await ask(null, 'command', [command], []))[0],
  })
