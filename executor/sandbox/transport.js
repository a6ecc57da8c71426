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
  objectKeys,
  parseJson,
  scheduleMicrotask,
  setOwn,
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
let nextId = 1
let outgoing = ''
let writing = false
let nextLine = null
let reading = false

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

/** Grows with each call. */
export const activity = () => nextId
export const callsUnderWay = () => mapSize(pending)

/**
 * Sends a call with these fields (JSON text after the id) and answers a promise of the executor's reply. The input is read only while
 * a call is in flight: so the event loop runs empty, as Node's does, when nothing of the script is under way any more.
 */
export function call(kind, fields) {
  const id = nextId++
  // Made here, because the answer comes from the event loop, where no line of the script is on the stack any more.
  const error = new ErrorClass()
  return new PromiseClass((resolve, reject) => {
    mapSet(pending, id, { resolve, reject, error })
    send(`{"t":"${kind}","id":${id}${fields}}`)
    if (!reading) readAnswers()
  })
}

/** Takes the reader of the executor's lines, after the first of them. */
export const answersFrom = (reader) => {
  nextLine = reader
}

async function readAnswers() {
  reading = true
  while (mapSize(pending) > 0) {
    const line = await nextLine()
    if (line === null) break
    settle(parseJson(line))
  }
  reading = false
}

function settle(frame) {
  const waiting = mapGet(pending, frame.id)
  if (!waiting) return
  mapDelete(pending, frame.id)
  if (frame.error) waiting.reject(databaseError(waiting.error, frame.id, frame.error))
  else waiting.resolve(frame.ok)
}

const failedCalls = new WeakMapClass()

/** The call whose answer this error was; undefined for an error of the script's own. */
export const callOf = (error) => weakMapGet(failedCalls, error)

function databaseError(error, id, told) {
  const frames = error.stack
  const keys = objectKeys(told)
  for (let at = 0; at < keys.length; at++) {
    const value = told[keys[at]]
    if (value !== null && value !== undefined && keys[at] !== 'stack') setOwn(error, keys[at], value)
  }
  setOwn(error, 'name', 'DatabaseError')
  if (typeof frames === 'string') {
    const from = stringIndexOf(frames, '\n')
    setOwn(error, 'stack', `DatabaseError: ${told.message}${from < 0 ? '' : stringSlice(frames, from)}`)
  }
  weakMapSet(failedCalls, error, id)
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
