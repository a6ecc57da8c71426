import { checkArguments, checkModifier } from './checkArguments.ts'
import { collectionMethods, databaseMethods } from './lists/methods.ts'
import { ensureStorable, isDocument } from './plainValues.ts'
import { modernForm } from './modernForms.ts'
import { ShellError } from './shellError.ts'
import { refusal, type Where } from './where.ts'

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

/**
 * Checks an operation and says whether it writes. What is not on the lists, and every argument that would be left out or changed on its
 * way, is refused. @throws ShellError in words
 */
export function checkOperation(asked: Omit<Operation, 'kind'>, where: Where): Operation {
  const { collection, method } = asked
  if (collection !== null) checkCollection(collection, where)
  const known = (collection === null ? databaseMethods : collectionMethods).get(method)
  if (!known) {
    const owner = collection === null ? 'the database' : 'a collection'
    const hint = modernForm(method)
    throw new ShellError(
      hint === null
        ? `"${method}" is not a method of ${owner} that the portal knows.`
        : `${method} is not sent: ${hint}.`,
      where.place,
    )
  }
  const args = written(method, asked.args).map((value, at) =>
    typeof known.parameters[at]?.shape === 'object' ? withoutUndefined(value) : value,
  )
  ensureStorable(args, where, `An argument of ${method}`)
  for (const modifier of asked.modifiers) {
    const takes = known.modifiers.get(modifier.name)
    if (!takes) {
      const hint = modernForm(modifier.name)
      throw refusal(`"${modifier.name}" can not follow ${method}${hint === null ? '' : `: ${hint}`}.`, where)
    }
    ensureStorable(modifier.args, where, `An argument of ${modifier.name}`)
    checkModifier(takes, modifier.name, modifier.args, where)
  }
  return { ...asked, args, kind: checkArguments(known, method, args, where) }
}

/** mongosh takes the stages of a pipeline as arguments too, and the name of a command alone. */
function written(method: string, args: unknown[]): unknown[] {
  const [first] = args
  if (method === 'aggregate') return args.length === 0 ? [[]] : Array.isArray(first) ? args : [args]
  return method === 'runCommand' && typeof first === 'string' ? [{ [first]: 1 }, ...args.slice(1)] : args
}

/** An option that is undefined is one that was not given. */
const withoutUndefined = (options: unknown): unknown =>
  isDocument(options)
    ? Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
    : options

function checkCollection(name: string, where: Where): void {
  if (name === '' || name.includes('\0') || name.startsWith('.') || name.endsWith('.'))
    throw refusal('This is not the name of a collection.', where)
  if (name === '$cmd' || name.startsWith('$cmd.')) throw refusal(`${name} is not a collection.`, where)
}
