import { TypeErrorClass, append, freeze, parseJson, stringifyString } from './primordials.js'
import { call } from './transport.js'
import { mongoCursor } from './mongoCursor.js'
import { fromFrame, toFrame } from './mongoValues.js'
import { beforeSending, ensureWhole } from './refusal.js'

/** The fields of a call's frame. What the caller left open at the end is not sent; everything else is. */
export function mongoFields(collection, method, values, modifiers) {
  let length = values.length
  while (length > 0 && values[length - 1] === undefined) length -= 1
  const args = []
  for (let at = 0; at < length; at++) append(args, values[at])
  return beforeSending(() => {
    const name =
      collection === null ? 'null' : stringifyString(ensureWhole(collection, 'The name of the collection'))
    const sent = stringifyString(toFrame(args, 'arguments'))
    return `,"collection":${name},"method":"${method}","args":${sent},"modifiers":${stringifyString(toFrame(modifiers, 'modifiers'))}`
  })
}

/** Sends a call and answers its documents. */
export async function askMongo(collection, method, values, modifiers) {
  return fromFrame(parseJson(await call('mongo', mongoFields(collection, method, values, modifiers))))
}

async function answerOf(collection, method, values) {
  const answers = await askMongo(collection, method, values, [])
  return answers.length === 0 ? null : answers[0]
}

const answering = [
  ...['findOne', 'countDocuments', 'count', 'estimatedDocumentCount', 'insertOne', 'insertMany'],
  ...['updateOne', 'updateMany', 'replaceOne', 'deleteOne', 'deleteMany', 'findOneAndUpdate'],
  ...['findOneAndReplace', 'findOneAndDelete', 'bulkWrite', 'createIndex', 'createIndexes'],
  ...['dropIndex', 'dropIndexes', 'drop', 'renameCollection', 'stats'],
]

function collectionOf(name, ...more) {
  if (typeof name !== 'string' || more.length > 0)
    throw new TypeErrorClass('db.collection(name): the name is a string, and the only argument.')
  const collection = {
    collectionName: name,
    find: (...values) => mongoCursor(name, 'find', withProjection(values)),
    aggregate: (...values) => mongoCursor(name, 'aggregate', values),
    listIndexes: (...values) => mongoCursor(name, 'indexes', values),
    distinct: (...values) => askMongo(name, 'distinct', values, []),
    indexes: (...values) => askMongo(name, 'indexes', values, []),
    getIndexes: (...values) => askMongo(name, 'indexes', values, []),
    rename: (...values) => answerOf(name, 'renameCollection', values),
  }
  for (let at = 0; at < answering.length; at++) {
    const method = answering[at]
    collection[method] = (...values) =>
      answerOf(name, method, method === 'findOne' ? withProjection(values) : values)
  }
  const hint = (key) =>
    `${key} is not a method of a collection that the portal knows. A collection with a dot in its name is db.collection("${name}.${key}").`
  return withHints(freeze(collection), hint)
}

/** The driver takes options as second argument, with the projection in them; the shell takes the projection itself, and options after it. */
function withProjection(values) {
  if (values.length !== 2 || values[1] === undefined) return values
  const filter = values[0]
  const options = values[1]
  const projection = typeof options === 'object' && options !== null ? options.projection : undefined
  return [filter, projection === undefined ? {} : projection, options]
}

/** Says in words what is not there, where JavaScript would say that undefined is no function. */
export function withHints(target, hint, missing = () => undefined) {
  return new Proxy(target, {
    get: (object, key) => {
      if (typeof key !== 'string' || key in object) return object[key]
      // Asked by await, JSON and the console of everything.
      if (key === 'then' || key === 'toJSON' || key === 'constructor') return undefined
      const found = missing(key)
      if (found !== undefined) return found
      throw new TypeErrorClass(hint(key))
    },
  })
}

const otherDatabases = ['getSiblingDB', 'getDB', 'getMongo', 'admin', 'adminCommand', 'dropDatabase']

/** `db` of a MongoDB script. */
export function mongoDb() {
  const command = (...values) => answerOf(null, 'command', values)
  const database = {
    collection: collectionOf,
    getCollection: collectionOf,
    command,
    runCommand: (...values) => answerOf(null, 'runCommand', values),
    aggregate: (...values) => mongoCursor(null, 'aggregate', values),
    createCollection: (...values) => answerOf(null, 'createCollection', values),
    listCollections: (...values) => mongoCursor(null, 'getCollectionInfos', values),
    getCollectionInfos: (...values) => askMongo(null, 'getCollectionInfos', values, []),
    getCollectionNames: (...values) => answerOf(null, 'getCollectionNames', values),
    stats: (...values) => answerOf(null, 'stats', values),
  }
  const hint = (key) =>
    `db.${key} is not there: only the database that the request is about can be reached, by db.collection(name) and db.command({...}).`
  // As in the shell, every other name is a collection.
  const missing = (key) => {
    for (let at = 0; at < otherDatabases.length; at++) if (key === otherDatabases[at]) return undefined
    return collectionOf(key)
  }
  return withHints(freeze(database), hint, missing)
}
