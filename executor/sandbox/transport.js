import {
  ErrorClass,
  MapClass,
  PromiseClass,
  Uint8ArrayClass,
  WeakMapClass,
  decode,
  decoder,
  encode,
  encoder,
  mapDelete,
  mapGet,
  mapSet,
  mapSize,
  scheduleMicrotask,
  stdinRead,
  stdoutWrite,
  stringIndexOf,
  stringSlice,
  viewBuffer,
  viewOffset,
  weakMapGet,
  weakMapSet,
} from './primordials.js'

// One JSON object a line, both ways. Writes are gathered for a microtask and never block, so that answers are still read while
// the executor holds back the script's output.
const pending = new MapClass()
const failures = new WeakMapClass()
let nextId = 1
let outgoing = ''
let writing = false
let whenSettled = null
let held = 0

export function send(line) {
  outgoing += line + '\n'
  if (writing) return
  writing = true
  scheduleMicrotask(flush)
}

async function flush() {
  while (outgoing !== '') {
    let bytes = encode(encoder, outgoing)
    outgoing = ''
    while (bytes.length > 0) {
      const written = await stdoutWrite(bytes)
      bytes = new Uint8ArrayClass(viewBuffer(bytes), viewOffset(bytes) + written)
    }
  }
  writing = false
}

/** Counts what is not sent yet among the calls that the end of the script waits for. */
export function hold() {
  const id = nextId++
  held++
  mapSet(pending, id, null)
  return id
}

export function letGo(id) {
  held--
  mapDelete(pending, id)
  if (whenSettled && mapSize(pending) === 0) whenSettled()
}

/** Grows with each call. */
export const activity = () => nextId
export const callsUnderWay = () => mapSize(pending) - held

/** Sends a call with these fields (JSON text after the id) and answers a promise of the executor's reply. */
export async function call(kind, fields) {
  const id = nextId++
  const answer = new PromiseClass((resolve, reject) => {
    mapSet(pending, id, { resolve, reject })
    send(`{"t":"${kind}","id":${id}${fields}}`)
  })
  try {
    return await answer
  } catch (told) {
    // Made here and not where the answer is read, so that its stack tells where the script called.
    throw databaseError(told, id)
  }
}

export function settle(frame) {
  const waiting = mapGet(pending, frame.id)
  if (!waiting) return
  mapDelete(pending, frame.id)
  if (frame.error) waiting.reject(frame.error)
  else waiting.resolve(frame.ok)
  if (whenSettled && mapSize(pending) === 0) whenSettled()
}

/** Resolves when every call has been answered. */
export async function allSettled() {
  while (mapSize(pending) > 0) {
    await new PromiseClass((resolve) => {
      whenSettled = resolve
    })
  }
}

/** The call whose failure an error is, or 0. */
export const failedCall = (error) => weakMapGet(failures, error) ?? 0

function databaseError(told, id) {
  const error = new ErrorClass(told.message)
  const names = [
    ...['code', 'detail', 'hint', 'position', 'context', 'internalQuery', 'internalPosition'],
    ...['schemaName', 'tableName', 'columnName', 'dataTypeName', 'constraintName'],
  ]
  for (let at = 0; at < names.length; at++) {
    const value = told[names[at]]
    if (value !== null && value !== undefined) error[names[at]] = value
  }
  error.name = 'DatabaseError'
  weakMapSet(failures, error, id)
  return error
}

/** Answers one line after the other; null at the end of input. */
export function lineReader() {
  const chunk = new Uint8ArrayClass(65536)
  let text = ''
  let searched = 0
  return async () => {
    for (;;) {
      const end = stringIndexOf(text, '\n', searched)
      if (end >= 0) {
        const line = stringSlice(text, 0, end)
        text = stringSlice(text, end + 1)
        searched = 0
        return line
      }
      searched = text.length
      const read = await stdinRead(chunk)
      if (read === null) return null
      text += decode(decoder, new Uint8ArrayClass(viewBuffer(chunk), 0, read), { stream: true })
    }
  }
}
