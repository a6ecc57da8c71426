import { ErrorClass, append, parseJson, setOwn } from './primordials.js'
import { call } from './transport.js'
import { askMongo, mongoFields, withHints } from './mongo.js'
import { fromFrame } from './mongoValues.js'

const shaping = [
  ...['sort', 'limit', 'skip', 'project', 'hint', 'collation', 'batchSize', 'comment', 'maxTimeMS'],
  ...['allowDiskUse', 'min', 'max', 'returnKey', 'showRecordId'],
]

/** Reads a cursor in batches, each asked for when the one before has been worked off; leaving the loop lets go of it. */
async function* readBatches(fields) {
  let answer = await call('mongo-open', fields)
  try {
    for (;;) {
      const documents = fromFrame(parseJson(answer.documents))
      for (let at = 0; at < documents.length; at++) yield documents[at]
      if (answer.cursor === null) return
      answer = await call('mongo-next', `,"cursor":${answer.cursor}`)
    }
  } finally {
    if (answer.cursor !== null) await call('mongo-close', `,"cursor":${answer.cursor}`)
  }
}

/** A cursor as the driver has it: nothing is sent before it is read, and once it is being read it can't be shaped any more. */
export function mongoCursor(collection, method, values) {
  const modifiers = []
  const changes = []
  let reader = null
  let ahead = null
  const inUse = () =>
    new ErrorClass('This cursor is being read already: shape it before, or make another one.')
  const changed = async (document) => {
    let result = document
    for (let at = 0; at < changes.length; at++) result = await changes[at](result)
    return result
  }
  const open = () => {
    reader ??= readBatches(mongoFields(collection, method, values, modifiers))
    return reader
  }
  const take = async () => {
    const taken = ahead ?? (await open().next())
    ahead = null
    return taken.done ? null : changed(taken.value)
  }
  const cursor = {
    map: (change) => {
      if (reader) throw inUse()
      setOwn(changes, changes.length, change)
      return proxy
    },
    toArray: async () => {
      if (reader) {
        const rest = []
        for (let document = await take(); document !== null; document = await take())
          setOwn(rest, rest.length, document)
        return rest
      }
      const documents = await askMongo(collection, method, values, modifiers)
      for (let at = 0; at < documents.length && changes.length > 0; at++)
        setOwn(documents, at, await changed(documents[at]))
      return documents
    },
    forEach: async (work) => {
      for await (const document of proxy) if ((await work(document)) === false) break
    },
    hasNext: async () => {
      ahead ??= await open().next()
      return !ahead.done
    },
    next: take,
    tryNext: take,
    count: async () => {
      let count = 0
      await cursor.forEach(() => {
        count += 1
      })
      return count
    },
    explain: async (...verbosity) => {
      const shaped = []
      for (let at = 0; at < modifiers.length; at++) append(shaped, modifiers[at])
      append(shaped, { name: 'explain', args: verbosity })
      return (await askMongo(collection, method, values, shaped))[0]
    },
    close: async () => {
      await open().return()
    },
    [Symbol.asyncIterator]: () => {
      if (reader === null && changes.length === 0) return open()
      return remaining()
    },
  }
  async function* remaining() {
    try {
      while (await cursor.hasNext()) yield await take()
    } finally {
      await cursor.close()
    }
  }
  for (let at = 0; at < shaping.length; at++) {
    const name = shaping[at]
    cursor[name] = (...args) => {
      if (reader) throw inUse()
      setOwn(modifiers, modifiers.length, { name, args })
      return proxy
    }
  }
  const hint = (key) =>
    `${key} is not a method of a cursor that the portal knows: read it by for await, forEach, next or toArray.`
  const proxy = withHints(cursor, hint)
  return proxy
}
