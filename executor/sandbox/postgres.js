import {
  NumberOf,
  TypeErrorClass,
  hexToBytes,
  append,
  freeze,
  isArray,
  setOwn,
  stringIndexOf,
  stringSlice,
  stringifyString,
} from './primordials.js'
import { call } from './transport.js'
import { begin, inTurn, leave, standingWithin } from './turns.js'
import { parseJsonExactly } from './jsonNumbers.js'
import { ensureText, parametersOf } from './postgresParameters.js'
import { beforeSending } from './refusal.js'

// `db` of PostgreSQL scripts. Values keep every digit: int8, numeric, dates and all other types stay the database's own text; only bool,
// int2, int4, oid, float4, float8, json, jsonb, bytea and arrays become JavaScript values; a number in json that JavaScript would round
// becomes a JsonNumber.
const numericTypes = { int2: true, int4: true, oid: true, float4: true, float8: true, __proto__: null }

function fromPostgres(type, text, delimiter) {
  if (text === null) return null
  if (numericTypes[type]) return NumberOf(text)
  if (type === 'bool') return text === 't'
  if (type === 'json' || type === 'jsonb') return parseJsonExactly(text)
  if (type === 'bytea') return hexToBytes(stringSlice(text, 2))
  if (stringSlice(type, -2) === '[]') return parseArray(text, stringSlice(type, 0, -2), delimiter)
  return text
}

// The text form of arrays: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
function parseArray(text, type, delimiter) {
  let at = 0
  if (text[0] === '[') at = stringIndexOf(text, '=') + 1
  const list = () => {
    const items = []
    at += 1
    while (at < text.length && text[at] !== '}') {
      if (text[at] === delimiter) at += 1
      else if (text[at] === '{') append(items, list())
      else append(items, text[at] === '"' ? quotedItem() : bareItem())
    }
    at += 1
    return items
  }
  const quotedItem = () => {
    let item = ''
    for (at += 1; at < text.length && text[at] !== '"'; at++) {
      if (text[at] === '\\') at += 1
      item += text[at]
    }
    at += 1
    return fromPostgres(type, item)
  }
  const bareItem = () => {
    const start = at
    while (at < text.length && text[at] !== delimiter && text[at] !== '}') at += 1
    const item = stringSlice(text, start, at)
    return item === 'NULL' ? null : fromPostgres(type, item)
  }
  return list()
}

/** As the package pg has it: a text and its values, or an object with both and `rowMode: 'array'`. */
async function postgresQuery(within, asked, given) {
  const whole = typeof asked === 'object' && asked !== null
  const text = whole ? asked.text : asked
  const values = given ?? (whole ? asked.values : undefined)
  const asArrays = whole && asked.rowMode === 'array'
  if (typeof text !== 'string')
    throw new TypeErrorClass('db.query(text, values): the text of a statement is a string.')
  if (values !== undefined && values !== null && !isArray(values))
    throw new TypeErrorClass('db.query(text, values): the values are an array.')
  const parameters = beforeSending(() => {
    ensureText(text, 'The text of the statement')
    return values ? parametersOf(values) : ''
  })
  const answer = await inTurn(within, (id) =>
    call('query', `,"tx":${id},"text":${stringifyString(text)},"params":[${parameters}]`),
  )
  const columns = answer.columns
  const rows = answer.rows
  for (let at = 0; at < rows.length; at++) {
    const row = asArrays ? [] : {}
    for (let column = 0; column < columns.length; column++) {
      const { name, type } = columns[column]
      setOwn(row, asArrays ? column : name, fromPostgres(type, rows[at][column], answer.delimiters[column]))
    }
    rows[at] = row
  }
  return { rows, rowCount: answer.rowCount, command: answer.command, columns }
}

async function postgresTransaction(within, work) {
  if (typeof work !== 'function') throw new TypeErrorClass('db.transaction(work): the work is a function.')
  const { transaction, begun } = await inTurn(within, enter)
  let result
  try {
    await begun
    try {
      result = await standingWithin(work, databaseWithin(transaction))
    } catch (error) {
      // What the work threw is what is told, even when the session is gone with it.
      await call('rollback', `,"tx":${transaction.id}`).catch(() => undefined)
      throw error
    }
    await call('commit', `,"tx":${transaction.id}`)
  } finally {
    leave(transaction)
  }
  return result
}

function enter(parent) {
  const transaction = begin()
  return { transaction, begun: call('begin', `,"tx":${transaction.id},"in":${parent}`) }
}

function databaseWithin(transaction) {
  return freeze({
    query: (asked, values) => postgresQuery(transaction, asked, values),
    transaction: (work) => postgresTransaction(transaction, work),
  })
}

const db = databaseWithin(null)

/** `db` of a PostgreSQL script. */
export const postgresDb = () => db
