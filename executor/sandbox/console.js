import {
  MapClass,
  NumberOf,
  StringOf,
  append,
  arrayJoin,
  freeze,
  mapDelete,
  mapGet,
  mapSet,
  now,
  stringIndexOf,
  stringSlice,
  stringifyString,
} from './primordials.js'
import { describe } from './writer.js'

const maxLogLineLength = 65_536
const maxLabels = 1000
const indentation = '  '
const maxIndentation = 40

/** `console` as Node has it; each line goes through `send`, until `maxLength` characters are spent. */
export function consoleOf(maxLength, send) {
  let left = maxLength
  let indent = ''
  const counts = new MapClass()
  const timers = new MapClass()
  const write = (level, values) => {
    if (left < 0) return
    const text = stringSlice(indent + formatted(values), 0, maxLogLineLength)
    left -= text.length + 1
    send(`{"t":"log","level":"${level}","text":${stringifyString(text)}}`)
  }
  const labelOf = (label) => (label === undefined ? 'default' : describe(label, 200))
  const elapsed = (level, label, values) => {
    const name = labelOf(label)
    const began = mapGet(timers, name)
    if (began === undefined)
      write('warn', [`There is no timer "${name}": console.time("${name}") starts it.`])
    else write(level, [`${name}: ${NumberOf((now() - began).toFixed(3))} ms`, ...values])
    return name
  }
  const group = (...values) => {
    if (values.length > 0) write('log', values)
    if (indent.length < maxIndentation) indent += indentation
  }
  return freeze({
    debug: (...values) => write('debug', values),
    log: (...values) => write('log', values),
    info: (...values) => write('info', values),
    warn: (...values) => write('warn', values),
    error: (...values) => write('error', values),
    trace: (...values) => write('debug', values),
    dir: (value) => write('log', [value]),
    dirxml: (...values) => write('log', values),
    table: (value) => write('log', [value]),
    assert: (condition, ...values) => {
      if (!condition) write('error', ['Assertion failed' + (values.length > 0 ? ':' : ''), ...values])
    },
    count: (label) => {
      const name = labelOf(label)
      const seen = (mapGet(counts, name) ?? 0) + 1
      if (counts.size < maxLabels || seen > 1) mapSet(counts, name, seen)
      write('log', [`${name}: ${seen}`])
    },
    countReset: (label) => mapDelete(counts, labelOf(label)),
    time: (label) => {
      if (timers.size < maxLabels) mapSet(timers, labelOf(label), now())
    },
    timeLog: (label, ...values) => {
      elapsed('log', label, values)
    },
    timeEnd: (label) => {
      mapDelete(timers, elapsed('log', label, []))
    },
    group,
    groupCollapsed: group,
    groupEnd: () => {
      indent = stringSlice(indent, 0, -indentation.length)
    },
  })
}

/** The values as one line; a first text may hold %s, %d, %i, %f, %j, %o, %O, %c and %%, as in Node. */
function formatted(values) {
  const parts = []
  let used = 0
  if (typeof values[0] === 'string' && values.length > 1) {
    const template = values[0]
    used = 1
    let text = ''
    let from = 0
    for (let at = stringIndexOf(template, '%'); at >= 0; at = stringIndexOf(template, '%', from)) {
      const kind = template[at + 1]
      text += stringSlice(template, from, at)
      from = at + 2
      if (kind === '%') text += '%'
      else if (used < values.length && isPlaceholder(kind)) text += placed(kind, values[used++])
      else {
        text += '%'
        from = at + 1
      }
    }
    append(parts, text + stringSlice(template, from))
  }
  for (; used < values.length; used++) append(parts, describe(values[used], maxLogLineLength))
  return arrayJoin(parts, ' ')
}

const isPlaceholder = (kind) => kind !== undefined && stringIndexOf('sdifjoOc', kind) >= 0

function placed(kind, value) {
  switch (kind) {
    case 'd':
      return typeof value === 'bigint' ? StringOf(value) : StringOf(numberFrom(value))
    case 'i':
      return typeof value === 'bigint' ? StringOf(value) : StringOf(Math.trunc(numberFrom(value)))
    case 'f':
      return StringOf(numberFrom(value))
    case 'c':
      return ''
    case 'j':
      return typeof value === 'string' ? stringifyString(value) : describe(value, maxLogLineLength)
    default:
      return describe(value, maxLogLineLength)
  }
}

function numberFrom(value) {
  try {
    return NumberOf(value)
  } catch {
    return NaN
  }
}
