import { checkCommand } from './checkCommand.ts'
import { checkFilter } from './checkFilter.ts'
import { checkOrdered } from './checkOrder.ts'
import { checkOption, checkOptions, checkProjection } from './checkOptions.ts'
import { checkPipeline } from './checkPipeline.ts'
import { checkReplacement, checkUpdate } from './checkUpdate.ts'
import { bulkWrites, type Method, type Modifying, type ParameterShape } from './lists/methods.ts'
import { isDocument, numberOf } from './plainValues.ts'
import { inWords, refusal, type Where } from './where.ts'

/** Looks through the arguments of a method, and says whether it writes. @throws ShellError for each that isn't what it takes */
export function checkArguments(
  method: Method,
  name: string,
  args: unknown[],
  where: Where,
): 'read' | 'write' {
  const { parameters } = method
  if (args.length > parameters.length) {
    const most = parameters.length
    const takes = most === 0 ? 'no arguments' : `at most ${most} ${most === 1 ? 'argument' : 'arguments'}`
    throw refusal(`${name} takes ${takes}.`, where, args[most])
  }
  let kind = method.kind
  for (const [at, { shape, required }] of parameters.entries()) {
    if (at >= args.length) {
      if (required) throw refusal(`${name} needs ${needed(shape)}.`, where)
      continue
    }
    if (typeof shape === 'object') checkOptions(args[at], shape, name, where)
    else if (checkArgument(shape, name, args[at], where) === 'write') kind = 'write'
  }
  return kind
}

function needed(shape: Method['parameters'][number]['shape']): string {
  switch (shape) {
    case 'filter':
      return 'a filter; to mean every document, write {}'
    case 'update':
      return 'an update, such as { $set: { status: "closed" } }'
    case 'text':
      return 'a name'
    case 'documents':
      return 'a list of documents'
    case 'writes':
      return 'a list of writes'
    case 'keys':
    case 'listOfKeys':
      return 'the keys of an index'
    case 'index':
      return 'the name of an index, or its keys'
    case 'pipeline':
      return 'a list of stages'
    case 'command':
      return 'a command, such as { ping: 1 }'
    default:
      return 'a document'
  }
}

function checkArgument(
  shape: ParameterShape,
  name: string,
  value: unknown,
  where: Where,
): 'read' | 'write' | undefined {
  switch (shape) {
    case 'filter':
      return void checkFilter(value, where, `The filter of ${name}`)
    case 'projection':
      return void checkProjection(value, `The projection of ${name}`, where)
    case 'update':
      return void checkUpdate(value, where)
    case 'replacement':
      return void checkReplacement(value, where)
    case 'pipeline':
      return checkPipeline(value, where)
    case 'command':
      return checkCommand(value, where)
    case 'writes':
      return void checkWrites(value, where)
    case 'document':
    case 'documents':
    case 'text':
    case 'boolean':
    case 'index':
      return void checkOption(shape, `The argument of ${name}`, value, where, value)
    case 'keys':
      return void checkKeys(value, name, where)
    case 'listOfKeys':
      if (!Array.isArray(value) || value.length === 0)
        throw refusal(`${name} takes a list of keys, such as [{ email: 1 }].`, where, value)
      for (const keys of value) checkKeys(keys, name, where)
      return
    case 'indexes':
      if (value === '*' || (Array.isArray(value) && value.every((index) => typeof index === 'string'))) return
      return void checkOption('index', `The argument of ${name}`, value, where, value)
  }
}

function checkKeys(value: unknown, name: string, where: Where): void {
  const isEmpty = Array.isArray(value)
    ? value.length === 0
    : !isDocument(value) || Object.keys(value).length === 0
  if (isEmpty) throw refusal(`${name} takes the keys of an index, such as { email: 1 }.`, where, value)
  checkOrdered(value, `The argument of ${name}`, where, value)
}

function checkWrites(writes: unknown, where: Where): void {
  if (!Array.isArray(writes))
    throw refusal('bulkWrite takes a list, such as [{ deleteOne: { filter: { _id: 1 } } }].', where, writes)
  for (const write of writes as unknown[]) {
    const [name = '', ...more] = isDocument(write) ? Object.keys(write) : []
    const parts = bulkWrites.get(name)
    if (!isDocument(write) || !parts || more.length > 0) {
      const message = `A write of bulkWrite is a document of one field: ${inWords(bulkWrites.keys())}.`
      throw refusal(message, where, write)
    }
    checkBulkWrite(name, write[name], parts, where)
  }
}

function checkBulkWrite(
  name: string,
  spec: unknown,
  parts: NonNullable<ReturnType<typeof bulkWrites.get>>,
  where: Where,
): void {
  if (!isDocument(spec)) throw refusal(`${name} takes a document.`, where, spec)
  for (const part of ['document', 'filter', 'update', 'replacement'])
    if (part in parts && !Object.hasOwn(spec, part))
      throw refusal(`${name} in bulkWrite needs "${part}".`, where, spec)
  for (const [field, value] of Object.entries(spec)) {
    const shape = Object.hasOwn(parts, field) ? parts[field] : undefined
    if (shape === undefined)
      throw refusal(`"${field}" is not a part of ${name}: ${inWords(Object.keys(parts))} are.`, where, spec)
    if (shape === 'filters' || shape === 'sort' || shape === 'boolean')
      checkOption(shape, `${field} of ${name}`, value, where, spec)
    else checkArgument(shape, `${field} of ${name}`, value, where)
  }
}

const verbosities = ['queryPlanner', 'executionStats', 'allPlansExecution']

/** Looks through what follows find or aggregate. @throws ShellError */
export function checkModifier(takes: Modifying, name: string, args: unknown[], where: Where): void {
  const [value, ...more] = args
  const most = takes === 'nothing' ? 0 : 1
  if (args.length > most)
    throw refusal(`${name} takes ${most === 0 ? 'no arguments' : 'one argument'}.`, where, more[0])
  if (takes === 'nothing') return
  if (value === undefined) {
    if (takes === 'flag' || takes === 'verbosity') return
    throw refusal(`${name} needs an argument.`, where)
  }
  switch (takes) {
    case 'flag':
      return checkOption('boolean', `The argument of ${name}`, value, where, value)
    case 'verbosity':
      if (typeof value === 'boolean' || (typeof value === 'string' && verbosities.includes(value))) return
      throw refusal(`explain takes ${inWords(verbosities.map((word) => `"${word}"`))}.`, where, value)
    case 'number':
      if (!Number.isInteger(numberOf(value))) throw refusal(`${name} takes a whole number.`, where, value)
      return
    default:
      return checkOption(takes, `The argument of ${name}`, value, where, value)
  }
}
