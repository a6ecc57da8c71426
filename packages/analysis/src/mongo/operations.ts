import type { Document } from 'mongodb'
import { ensureAllowed, isReadCommand, writesByStage } from './operatorPolicy.ts'
import { ShellError, type Placed } from './shellError.ts'

/** What a statement, or a script's call, asks of the database. */
export interface Operation {
  /** null for operations on the database itself. */
  collection: string | null
  method: string
  args: unknown[]
  /** Calls after it that shape its cursor, by name. */
  modifiers: Modifier[]
  kind: 'read' | 'write'
}

export interface Modifier {
  name: string
  args: unknown[]
}

interface Shape {
  kind: 'read' | 'write'
  /** Most arguments that it takes. */
  args: number
  modifiers?: ReadonlySet<string>
}

const cursorModifiers = new Set([
  'sort',
  'limit',
  'skip',
  'project',
  'projection',
  'hint',
  'collation',
  'batchSize',
  'comment',
  'maxTimeMS',
  'allowDiskUse',
  'min',
  'max',
  'returnKey',
  'showRecordId',
  'toArray',
  'pretty',
  'count',
  'size',
  'explain',
])
const aggregateModifiers = new Set([
  'toArray',
  'pretty',
  'explain',
  'allowDiskUse',
  'batchSize',
  'comment',
  'maxTimeMS',
  'hint',
  'collation',
])

const read = (args: number, modifiers?: ReadonlySet<string>): Shape => ({
  kind: 'read',
  args,
  ...(modifiers ? { modifiers } : {}),
})
const write = (args: number): Shape => ({ kind: 'write', args })

const ofCollection = new Map<string, Shape>([
  ['find', read(3, cursorModifiers)],
  ['findOne', read(3)],
  ['aggregate', read(2, aggregateModifiers)],
  ['countDocuments', read(2)],
  ['count', read(2)],
  ['estimatedDocumentCount', read(1)],
  ['distinct', read(3)],
  ['getIndexes', read(0)],
  ['indexes', read(0)],
  ['insertOne', write(2)],
  ['insertMany', write(2)],
  ['updateOne', write(3)],
  ['updateMany', write(3)],
  ['replaceOne', write(3)],
  ['deleteOne', write(2)],
  ['deleteMany', write(2)],
  ['findOneAndUpdate', write(3)],
  ['findOneAndReplace', write(3)],
  ['findOneAndDelete', write(2)],
  ['bulkWrite', write(2)],
  ['createIndex', write(2)],
  ['dropIndex', write(2)],
  ['drop', write(1)],
])

const ofDatabase = new Map<string, Shape>([
  ['runCommand', read(2)],
  ['command', read(2)],
  ['getCollectionNames', read(0)],
  ['getCollectionInfos', read(1)],
  ['stats', read(1)],
  ['createCollection', write(2)],
  ['aggregate', read(2, aggregateModifiers)],
])

const needFilter = new Set([
  'deleteOne',
  'deleteMany',
  'updateOne',
  'updateMany',
  'replaceOne',
  'findOneAndUpdate',
  'findOneAndReplace',
  'findOneAndDelete',
])

/** Checks an operation and says whether it writes. @throws ShellError with words for what the portal doesn't do */
export function checkOperation(asked: Omit<Operation, 'kind'>, place: Placed): Operation {
  const { collection, method, args, modifiers } = asked
  const shape = (collection === null ? ofDatabase : ofCollection).get(method)
  if (!shape) {
    const owner = collection === null ? 'the database' : 'a collection'
    throw new ShellError(`"${method}" is not a method of ${owner} that the portal knows.`, place)
  }
  if (args.length > shape.args)
    throw new ShellError(`${method} takes at most ${shape.args} arguments.`, place)
  if (needFilter.has(method) && !isDocument(args[0])) {
    throw new ShellError(`${method} needs a filter; to mean every document, write {}.`, place)
  }
  for (const { name } of modifiers) {
    if (!shape.modifiers?.has(name)) throw new ShellError(`"${name}" can not follow ${method}.`, place)
  }
  for (const value of [...args, ...modifiers.flatMap((modifier) => modifier.args)])
    ensureAllowed(value, place)
  return { ...asked, kind: kindOf(asked, shape, place) }
}

function kindOf({ method, args }: Omit<Operation, 'kind'>, shape: Shape, place: Placed): 'read' | 'write' {
  if (method === 'aggregate') return writesByStage(args[0]) ? 'write' : 'read'
  if (method !== 'runCommand' && method !== 'command') return shape.kind
  const [command] = args
  if (!isDocument(command)) throw new ShellError('A command is a document, such as { ping: 1 }.', place)
  return isReadCommand(command) ? 'read' : 'write'
}

const isDocument = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
