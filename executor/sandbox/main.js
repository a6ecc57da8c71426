import {
  AsyncFunction,
  ErrorClass,
  SetClass,
  arrayJoin,
  defineProperty,
  freeze,
  listen,
  ownKeys,
  parseJson,
  stringSlice,
  stringifyString,
} from './primordials.js'
import { TooLarge, describe, writeJson } from './writer.js'
import { allSettled, failedCall, lineReader, send, settle } from './transport.js'
import { postgresDb } from './postgres.js'
import { mongoConstructors } from './mongoValues.js'
import { mongoDb } from './mongo.js'

const maxResultLength = 2_000_000
const maxResultDepth = 24
const maxLogLineLength = 65_536

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
  ],
  // Deno's timers are made of the one when they are first used, and it reports late errors through the other.
  ...['Atomics', 'dispatchEvent'],
])

let finished = false

function finish(line) {
  if (finished) return
  finished = true
  send(line)
}

function fail(error) {
  const text = (read, maxLength) => {
    try {
      const value = read()
      return stringifyString(
        typeof value === 'string' ? stringSlice(value, 0, maxLength) : describe(value, maxLength),
      )
    } catch {
      return '"[can not be shown]"'
    }
  }
  const isError = typeof error === 'object' && error !== null
  const name = isError ? text(() => error.name ?? 'Error', 200) : '"Error"'
  const message = isError ? text(() => error.message ?? error, 8000) : text(() => error, 8000)
  const stack = isError ? text(() => error.stack ?? '', 8000) : '""'
  const call = isError ? failedCall(error) : 0
  finish(`{"t":"failed","call":${call},"name":${name},"message":${message},"stack":${stack}}`)
}

function consoleOf(maxLength) {
  let left = maxLength
  const levels = ['debug', 'log', 'info', 'warn', 'error']
  const write = (level, values) => {
    if (finished || left < 0) return
    const parts = []
    for (let at = 0; at < values.length; at++) parts[at] = describe(values[at], maxLogLineLength)
    const text = stringSlice(arrayJoin(parts, ' '), 0, maxLogLineLength)
    left -= text.length + 1
    send(`{"t":"log","level":"${level}","text":${stringifyString(text)}}`)
  }
  const made = {}
  for (const level of levels) made[level] = (...values) => write(level, values)
  made.trace = made.debug
  made.dir = made.log
  made.table = made.log
  made.assert = (condition, ...values) => condition || made.error('Assertion failed:', ...values)
  return freeze(made)
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
  const init = parseJson(first)
  const console = consoleOf(init.maxLogLength)
  const db = init.engine === 'mongodb' ? mongoDb() : postgresDb()
  const scope = init.engine === 'mongodb' ? mongoConstructors() : {}
  listen('unhandledrejection', (event) => {
    event.preventDefault()
    fail(event.reason)
  })
  listen('error', (event) => {
    event.preventDefault()
    fail(event.error)
  })
  lockDown(console)
  const scopeNames = ownKeys(scope)
  const scopeValues = []
  for (let at = 0; at < scopeNames.length; at++) scopeValues[at] = scope[scopeNames[at]]
  answers(nextLine)
  try {
    const script = new AsyncFunction('db', 'console', 'params', ...scopeNames, init.source)
    const value = await script(db, console, freeze(init.params), ...scopeValues)
    await allSettled()
    finish(`{"t":"done","value":${value === undefined ? 'null' : stringifyString(writeResult(value))}}`)
  } catch (error) {
    fail(error)
  }
}

function writeResult(value) {
  try {
    return writeJson(value, maxResultLength, maxResultDepth, null)
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error
    throw new ErrorClass('The returned value takes more than 2 MB as JSON: return less of it.')
  }
}

async function answers(nextLine) {
  for (let line = await nextLine(); line !== null; line = await nextLine()) settle(parseJson(line))
}

await main()
