import {
  AsyncFunction,
  ErrorClass,
  SetClass,
  append,
  arrayJoin,
  defineProperty,
  freeze,
  isArray,
  listen,
  ownKeys,
  parseJson,
  preventDefault,
  stringSlice,
  stringifyString,
} from './primordials.js'
import { TooLarge, describe, writeReturned } from './writer.js'
import { answersFrom, callOf, lineReader, send } from './transport.js'
import { consoleOf } from './console.js'
import { postgresDb } from './postgres.js'
import { mongoConstructors } from './mongoValues.js'
import { mongoDb } from './mongo.js'

const maxResultLength = 2_000_000
const maxResultDepth = 24
const maxTextLength = 8000
const maxCauses = 8

const kept = new SetClass([
  ...[
    'Object',
    'Function',
    'Array',
    'Number',
    'parseFloat',
    'parseInt',
    'Infinity',
    'NaN',
    'undefined',
    'Boolean',
    'String',
    'Symbol',
  ],
  ...[
    'Date',
    'Promise',
    'RegExp',
    'Error',
    'AggregateError',
    'EvalError',
    'RangeError',
    'ReferenceError',
    'SyntaxError',
    'TypeError',
  ],
  ...[
    'URIError',
    'JSON',
    'Math',
    'Intl',
    'ArrayBuffer',
    'Uint8Array',
    'Int8Array',
    'Uint16Array',
    'Int16Array',
    'Uint32Array',
  ],
  ...[
    'Int32Array',
    'Float32Array',
    'Float64Array',
    'Float16Array',
    'Uint8ClampedArray',
    'BigUint64Array',
    'BigInt64Array',
    'DataView',
  ],
  ...[
    'Map',
    'BigInt',
    'Set',
    'WeakMap',
    'WeakSet',
    'WeakRef',
    'Proxy',
    'Reflect',
    'FinalizationRegistry',
    'Iterator',
    'globalThis',
  ],
  ...[
    'decodeURI',
    'decodeURIComponent',
    'encodeURI',
    'encodeURIComponent',
    'escape',
    'unescape',
    'eval',
    'isFinite',
    'isNaN',
  ],
  ...[
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
    'queueMicrotask',
    'structuredClone',
    'Temporal',
  ],
  ...[
    'TextEncoder',
    'TextDecoder',
    'URL',
    'URLSearchParams',
    'atob',
    'btoa',
    'AbortController',
    'AbortSignal',
    'DOMException',
  ],
  // Deno's timers are made of the one when they are first used, and it reports late errors through the other.
  ...['Atomics', 'dispatchEvent'],
])

let finished = false
let returned = null

function finish(line) {
  if (finished) return
  finished = true
  send(line)
}

function fail(error) {
  const isError = typeof error === 'object' && error !== null
  const fields = [
    `"name":${shown(() => (isError ? (error.name ?? 'Error') : 'Error'), 200)}`,
    `"message":${shown(() => (isError ? (error.message ?? error) : error), maxTextLength)}`,
    `"stack":${shown(() => (isError ? (error.stack ?? '') : ''), maxTextLength)}`,
    `"causes":${shown(() => causesOf(error), maxTextLength)}`,
  ]
  const call = callOf(error)
  if (call !== undefined) append(fields, `"call":${call}`)
  finish(`{"t":"failed",${arrayJoin(fields, ',')}}`)
}

/** JSON text of what `read` answers, whatever it does. */
function shown(read, maxLength) {
  try {
    const value = read()
    return stringifyString(
      typeof value === 'string' ? stringSlice(value, 0, maxLength) : describe(value, maxLength),
    )
  } catch {
    return '"[can not be shown]"'
  }
}

/** What stands behind an error: the errors of an AggregateError and the chain of causes, a line each. */
function causesOf(error) {
  const lines = []
  const note = (label, value) => {
    if (lines.length < maxCauses) append(lines, `${label}: ${describe(value, 1000)}`)
  }
  const errors = typeof error === 'object' && error !== null ? error.errors : undefined
  for (let at = 0; isArray(errors) && at < errors.length && at < maxCauses; at++)
    note(`error ${at + 1}`, errors[at])
  if (isArray(errors) && errors.length > maxCauses) append(lines, `and ${errors.length - maxCauses} more`)
  let cause = error
  while (
    typeof cause === 'object' &&
    cause !== null &&
    cause.cause !== undefined &&
    lines.length < maxCauses
  ) {
    cause = cause.cause
    note('caused by', cause)
  }
  return arrayJoin(lines, '\n')
}

function lockDown(console) {
  for (const key of ownKeys(globalThis)) {
    // The one symbol is the runtime's own mark of the global object, which its events check.
    if (typeof key === 'symbol' || kept.has(key)) continue
    if (!delete globalThis[key]) {
      try {
        globalThis[key] = undefined
      } catch {
        // Not removable and not writable: `globalThis` itself has none that matters.
      }
    }
  }
  defineProperty(globalThis, 'console', { value: console, writable: true, configurable: true })
}

async function main() {
  const nextLine = lineReader()
  const first = await nextLine()
  if (first === null) return
  answersFrom(nextLine)
  const init = parseJson(first)
  const console = consoleOf(init.maxLogLength, (line) => {
    if (!finished) send(line)
  })
  const db = init.engine === 'mongodb' ? mongoDb() : postgresDb()
  const scope = init.engine === 'mongodb' ? mongoConstructors() : {}
  listen('unhandledrejection', (event) => {
    preventDefault(event)
    fail(event.reason)
  })
  listen('error', (event) => {
    preventDefault(event)
    fail(event.error)
  })
  // Told when nothing is scheduled and no call is in flight: what the script left running belongs to it, and only then is it over.
  listen('beforeunload', (event) => {
    if (finished) return
    preventDefault(event)
    end()
  })
  lockDown(console)
  const scopeNames = ownKeys(scope)
  const scopeValues = []
  for (let at = 0; at < scopeNames.length; at++) append(scopeValues, scope[scopeNames[at]])
  try {
    const script = new AsyncFunction('db', 'console', 'params', ...scopeNames, init.source)
    returned = { value: await script(db, console, freeze(init.params), ...scopeValues) }
  } catch (error) {
    fail(error)
  }
}

function end() {
  if (returned === null) {
    fail(
      new ErrorClass(
        'The script waits for something that never comes: a promise that nothing will settle any more.',
      ),
    )
    return
  }
  try {
    const { value } = returned
    finish(`{"t":"done","value":${value === undefined ? 'null' : stringifyString(writeResult(value))}}`)
  } catch (error) {
    fail(error)
  }
}

function writeResult(value) {
  try {
    return writeReturned(value, maxResultLength, maxResultDepth)
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error
    throw new ErrorClass('The returned value takes more than 2 MB as JSON: return less of it.')
  }
}

// Not awaited: a script that waits for ever must let the event loop run empty.
main()
