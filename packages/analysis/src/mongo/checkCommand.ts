import type { Document } from 'mongodb'
import { checkFilter } from './checkFilter.ts'
import { checkOptions } from './checkOptions.ts'
import { checkPipeline } from './checkPipeline.ts'
import { checkReplacement, checkUpdate } from './checkUpdate.ts'
import { inDatabase } from './databaseName.ts'
import { commands, refusedCommands, type CommandTarget } from './lists/commands.ts'
import { optionsOf, type Options } from './lists/options.ts'
import { listedVersion } from './lists/version.ts'
import { isDocument, numberOf } from './plainValues.ts'
import { refusal, type Where } from './where.ts'

/** Looks through a command, and says whether it writes. @throws ShellError for those that no list holds */
export function checkCommand(command: unknown, where: Where): 'read' | 'write' {
  if (!isDocument(command)) throw refusal('A command is a document, such as { ping: 1 }.', where, command)
  const [name = ''] = Object.keys(command)
  const { [name]: target, ...fields } = command
  const key = name.toLowerCase()
  const reason = refusedCommands.get(key)
  if (reason !== undefined) throw refusal(`The command ${name} is not allowed: ${reason}.`, where, command)
  const known = commands.get(key)
  if (!known) {
    throw refusal(
      `${name || 'This'} is not a command that the portal sends (of those of MongoDB ${listedVersion}), because it can not tell what it does.`,
      where,
      command,
    )
  }
  checkTarget(known.target, name, target, where, command)
  checkOptions(fields, known.fields, `the command ${name}`, where)
  if (key === 'aggregate') return checkPipeline(fields['pipeline'], where)
  if (key === 'explain') return checkCommand(target, where)
  checkParts(key, fields, where)
  return known.kind
}

function checkTarget(
  target: CommandTarget,
  name: string,
  value: unknown,
  where: Where,
  command: Document,
): void {
  const wanted = (what: string) => refusal(`The command ${name} takes ${what}.`, where, command)
  const isName = typeof value === 'string' && value !== ''
  switch (target) {
    case 'collection':
      if (!isName) throw wanted('the name of a collection')
      return
    case 'collectionOrOne':
      if (!isName && numberOf(value) !== 1) throw wanted('the name of a collection, or 1')
      return
    case 'one':
      if (numberOf(value) === null && value !== true) throw wanted('1')
      return
    case 'cursor':
      if (numberOf(value) === null) throw wanted('the number of a cursor')
      return
    case 'namespace':
      if (!isName || !value.includes('.')) throw wanted('a name such as "database.collection"')
      return inDatabase(value.slice(0, value.indexOf('.')), name, where)
    case 'command':
      if (!isDocument(value)) throw wanted('a command')
  }
}

const updateFields: Options = {
  q: 'filter',
  u: 'any',
  c: 'expressions',
  upsert: 'boolean',
  multi: 'boolean',
  collation: 'document',
  arrayFilters: 'filters',
  hint: 'index',
  sort: 'sortDocument',
}
const deleteFields: Options = { q: 'filter', limit: 'number', collation: 'document', hint: 'index' }

function checkParts(key: string, fields: Document, where: Where): void {
  for (const update of listOf(fields['updates'])) {
    checkOptions(update, updateFields, 'an update', where)
    checkFilter(update['q'], where, '"q"')
    checkChange(update['u'], where)
  }
  for (const deletion of listOf(fields['deletes'])) {
    checkOptions(deletion, deleteFields, 'a deletion', where)
    checkFilter(deletion['q'], where, '"q"')
  }
  if (key === 'findandmodify' && fields['update'] !== undefined) checkChange(fields['update'], where)
  if (key === 'createindexes')
    for (const index of listOf(fields['indexes']))
      checkOptions(index, { ...optionsOf.createIndex, key: 'sortDocument', v: 'number' }, 'an index', where)
}

/** An update with operators, a pipeline, or a whole document. */
function checkChange(change: unknown, where: Where): void {
  const replaces = isDocument(change) && !Object.keys(change)[0]?.startsWith('$')
  if (replaces) checkReplacement(change, where)
  else checkUpdate(change, where)
}

const listOf = (value: unknown): Document[] => (Array.isArray(value) ? (value as Document[]) : [])
