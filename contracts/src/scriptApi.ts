import type { Engine } from './vocabulary.ts'

const common = `/**
 * Lines of the console are kept with the result (up to 1 MiB). A first text may hold %s, %d, %i, %f, %j, %o as in Node.
 * The script is over when nothing of it is under way any more: no call without an answer, no timer.
 */
declare const console: {
  debug(...values: unknown[]): void
  log(...values: unknown[]): void
  info(...values: unknown[]): void
  warn(...values: unknown[]): void
  error(...values: unknown[]): void
  trace(...values: unknown[]): void
  dir(value: unknown): void
  table(value: unknown): void
  assert(condition: unknown, ...values: unknown[]): void
  count(label?: string): void
  countReset(label?: string): void
  time(label?: string): void
  timeLog(label?: string, ...values: unknown[]): void
  timeEnd(label?: string): void
  group(...values: unknown[]): void
  groupEnd(): void
}

/**
 * What a script returns is shown as JSON: dates, bytes (as \\x and hex digits), BigInt, RegExp and Error as texts that hold all of them; a Map as a list of
 * pairs, a Set as a list; fields that are undefined are left out. What can't be told (NaN and the infinities, a function, a symbol, a promise, what
 * holds itself, what throws when it is read, what is deeper than 24 levels) is an object: {"$placeholder": "circular"}.
 */

/** What this run is about. */
declare const params: { readonly requestId: string; readonly database: string }
`

const postgresql = `${common}
/**
 * A value that can be bound: Date and bytes (Uint8Array, ArrayBuffer, DataView) as such, arrays as PostgreSQL arrays, other objects as
 * JSON, written as by JSON.stringify (with toJSON; a field that is undefined is left out) with every digit of a BigInt. undefined is NULL.
 * An array for a json parameter is written JSON.stringify(array), as with the package pg. A value arrives whole, or the call is refused
 * with its place ("$2.a[0] is a promise: write await before it") and nothing is sent: a promise, function, symbol, Map, Set, Error, RegExp,
 * an invalid date and a hole in an array anywhere; NaN, Infinity, bytes and undefined items within JSON; what holds itself or throws when it is
 * read; texts with NUL or half of a surrogate pair (within JSON these are escapes, which json holds and jsonb refuses).
 */
type Parameter = string | number | bigint | boolean | null | undefined | Date | Uint8Array | object

/** A number within json that JavaScript's own would round: String(n) has every digit, and bound again it is the same number. */
interface JsonNumber { toString(): string; valueOf(): number }

/**
 * One row by column name. No digit is lost: int8, numeric, dates, times and all other types are the database's own text; bool, int2,
 * int4, oid, float4 and float8 are JavaScript values; json and jsonb are parsed (a number that would be rounded is a JsonNumber); bytea is
 * a Uint8Array; arrays are arrays of these (where they begin, if not at 1, is told by array_lower alone; oidvector and int2vector, such as
 * pg_index.indkey, are text). Of columns with one name the last is seen: name them (as ...), or ask for rowMode 'array'.
 */
interface Row {
  [column: string]: any
}

interface QueryResult {
  rows: Row[]
  /** Rows returned, or rows changed by a statement that returns none. */
  rowCount: number
  /** The server's word for it: SELECT, INSERT, UPDATE ... */
  command: string | null
  columns: { name: string; type: string }[]
}

/** Thrown by db.query for the database's own errors. */
interface DatabaseError extends Error {
  name: 'DatabaseError'
  /** SQLSTATE, such as 23505. */
  code?: string
  detail?: string
  hint?: string
  /** Where in the statement, in characters from 1. */
  position?: number
  /** Where in functions and blocks it happened. */
  context?: string
  schemaName?: string
  tableName?: string
  columnName?: string
  constraintName?: string
}

interface Database {
  /** Runs one statement; $1, $2 ... stand for the values. Its rows take up to 4 MiB: read more of them in parts. */
  query(text: string, values?: Parameter[]): Promise<QueryResult>
  query(statement: { text: string; values?: Parameter[]; rowMode?: 'array' }): Promise<QueryResult>
  /**
   * Runs the work and undoes only it when it throws. By default the whole script is one transaction, and this is a savepoint in it;
   * when the request says "each statement by itself", it is a transaction of its own. One is open at a time: a second one, and a statement
   * from outside, wait for its end. Within it use its own argument (tx.query, tx.transaction).
   */
  transaction<T>(work: (tx: Database) => Promise<T>): Promise<T>
}

declare const db: Database
`

const mongodb = `${common}
interface Document {
  [field: string]: any
}

/**
 * A sort, or the keys of an index, whose order is kept: [["b", 1], ["1", -1]]. JavaScript puts fields that are named by whole numbers first, so that
 * an object whose order matters may not hold one beside others.
 */
type Ordered = [string, any][]

/**
 * Values that JavaScript has no type of its own for, written as in mongosh. An argument that would be dropped or rounded is an error. Dates
 * are UTC: new Date(2022, 0, 1) and ISODate("2022-01-01") are the same. A document arrives whole, or the call is refused with its place
 * ("arguments[0].a is a function") and nothing is sent: a promise, function, symbol, Set, Error, an invalid date, a hole in an array, a text
 * with half of a surrogate pair, what holds itself or throws when it is read, toBSON.
 */
declare class ObjectId { constructor(hex?: string); toHexString(): string; toString(): string; equals(other: unknown): boolean; getTimestamp(): Date }
declare class Long { constructor(digits: string | number | bigint, high?: number); toBigInt(): bigint; toNumber(): number; toString(): string }
declare class Decimal128 { constructor(digits: string); toString(): string }
declare class Binary { constructor(bytes: Uint8Array, subType?: number); readonly bytes: Uint8Array; readonly subType: number }
declare class Timestamp { constructor(t: number | { t: number; i: number }, i?: number); readonly t: number; readonly i: number }
declare class BSONRegExp { constructor(pattern: string, options?: string); readonly pattern: string; readonly options: string }
declare class MinKey {}
declare class MaxKey {}
declare class Int32 { constructor(value: number | string) }
declare class Double { constructor(value: number | string) }
declare function ISODate(text?: string): Date
declare function NumberLong(digits: string | number | bigint): Long
declare function NumberInt(value: string | number): Int32
declare function NumberDecimal(digits: string): Decimal128
declare function UUID(text?: string): Binary
declare function BinData(subType: number, base64: string): Binary
declare function HexData(subType: number, hex: string): Binary

/** Thrown by db for what the database, or the portal, refused. */
interface DatabaseError extends Error {
  name: 'DatabaseError'
  code?: string
  detail?: string
}

/** "for await (const document of cursor)" and forEach read one document after the other, however many there are. */
interface Cursor extends AsyncIterable<Document> {
  sort(order: Document | Ordered): Cursor
  limit(count: number): Cursor
  skip(count: number): Cursor
  project(fields: Document): Cursor
  hint(index: Document | string): Cursor
  collation(collation: Document): Cursor
  batchSize(count: number): Cursor
  comment(comment: unknown): Cursor
  maxTimeMS(milliseconds: number): Cursor
  allowDiskUse(allow?: boolean): Cursor
  min(bounds: Document): Cursor
  max(bounds: Document): Cursor
  returnKey(only?: boolean): Cursor
  showRecordId(show?: boolean): Cursor
  map(change: (document: Document) => unknown): Cursor
  /** All of it at once, up to 4 MiB. */
  toArray(): Promise<Document[]>
  /** Stops when the work answers false. */
  forEach(work: (document: Document) => unknown): Promise<void>
  hasNext(): Promise<boolean>
  /** null at the end. */
  next(): Promise<Document | null>
  count(): Promise<number>
  explain(verbosity?: 'queryPlanner' | 'executionStats' | 'allPlansExecution'): Promise<Document>
  close(): Promise<void>
}

/** A filter is a document, and undefined is no value: what could mean more than it says is refused. */
interface Collection {
  readonly collectionName: string
  /** Options as in the driver: { projection, sort, limit ... }. */
  find(filter?: Document, options?: Document): Cursor
  findOne(filter?: Document, options?: Document): Promise<Document | null>
  aggregate(pipeline: Document[], options?: Document): Cursor
  countDocuments(filter?: Document, options?: Document): Promise<number>
  estimatedDocumentCount(options?: Document): Promise<number>
  distinct(field: string, filter?: Document, options?: Document): Promise<any[]>
  insertOne(document: Document, options?: Document): Promise<Document>
  insertMany(documents: Document[], options?: Document): Promise<Document>
  updateOne(filter: Document, update: Document | Document[], options?: Document): Promise<Document>
  updateMany(filter: Document, update: Document | Document[], options?: Document): Promise<Document>
  replaceOne(filter: Document, replacement: Document, options?: Document): Promise<Document>
  deleteOne(filter: Document, options?: Document): Promise<Document>
  deleteMany(filter: Document, options?: Document): Promise<Document>
  findOneAndUpdate(filter: Document, update: Document | Document[], options?: Document): Promise<Document | null>
  findOneAndReplace(filter: Document, replacement: Document, options?: Document): Promise<Document | null>
  findOneAndDelete(filter: Document, options?: Document): Promise<Document | null>
  bulkWrite(operations: Document[], options?: Document): Promise<Document>
  createIndex(keys: Document | Ordered, options?: Document): Promise<string>
  createIndexes(keys: (Document | Ordered)[], options?: Document): Promise<string[]>
  dropIndex(index: string | Document): Promise<Document>
  dropIndexes(indexes?: string | string[] | Document): Promise<Document>
  indexes(): Promise<Document[]>
  drop(options?: Document): Promise<boolean>
  rename(name: string, dropTarget?: boolean): Promise<Document>
  stats(): Promise<Document>
}

/**
 * Every other name is a collection, as in the shell: db.orders is db.collection("orders"). Stages, operators, options and commands are those
 * of MongoDB 8.0 that the portal knows; $where, $function, $accumulator and mapReduce are refused, because they run JavaScript on the server.
 */
interface Database {
  collection(name: string): Collection
  getCollection(name: string): Collection
  command(command: Document): Promise<Document>
  runCommand(command: Document | string): Promise<Document>
  aggregate(pipeline: Document[], options?: Document): Cursor
  createCollection(name: string, options?: Document): Promise<Document>
  listCollections(filter?: Document, options?: Document): Cursor
  getCollectionNames(): Promise<string[]>
  stats(): Promise<Document>
  readonly [collection: string]: any
}

declare const db: Database
`

/** TypeScript declarations of what a script can use, by engine: the editor completes and checks with them. */
// Rows, documents and collections by name are `any` in them: scripts are plain JavaScript, and what they hold is known to the database alone.
export const scriptApiDeclarations: Record<Engine, string> = { postgresql, mongodb }
