import type { Document } from 'mongodb'
import { ShellError, type Placed } from './shellError.ts'

// These run JavaScript inside the server, where no reviewer's eye and no limit of ours reaches.
const refusedOperators = new Set(['$where', '$function', '$accumulator'])
const refusedCommands = new Set(['mapreduce', 'eval', '$eval', 'group', 'shutdown'])
const readCommands = new Set([
  'find',
  'count',
  'distinct',
  'dbstats',
  'collstats',
  'listcollections',
  'listindexes',
  'ping',
  'hello',
  'ismaster',
  'buildinfo',
  'serverstatus',
  'connectionstatus',
  'datasize',
  'validate',
  'hostinfo',
  'getparameter',
  'currentop',
])
const writingStages = ['$out', '$merge']
const maxDepth = 100

/** Refuses operators that run JavaScript on the server, wherever they stand. @throws ShellError */
export function ensureAllowed(value: unknown, place: Placed, depth = 0): void {
  if (depth > maxDepth) throw new ShellError(`Documents are nested at most ${maxDepth} levels.`, place)
  if (Array.isArray(value)) {
    for (const item of value) ensureAllowed(item, place, depth + 1)
    return
  }
  if (!isPlain(value)) return
  for (const [name, field] of Object.entries(value)) {
    if (refusedOperators.has(name)) {
      throw new ShellError(
        `${name} is not allowed: it runs JavaScript on the server. Express it with query operators or $expr.`,
        place,
      )
    }
    ensureAllowed(field, place, depth + 1)
  }
}

/** True for a pipeline that stores its result in a collection. */
export const writesByStage = (pipeline: unknown): boolean => {
  const stages = Array.isArray(pipeline) ? pipeline : [pipeline]
  return stages.some((stage) => isPlain(stage) && writingStages.some((name) => Object.hasOwn(stage, name)))
}

/** True for commands that are known to change nothing; every other one counts as a write. @throws ShellError for those that are never sent */
export function isReadCommand(command: Document, place: Placed = { start: 0, end: 0 }): boolean {
  const name = Object.keys(command)[0]?.toLowerCase() ?? ''
  if (refusedCommands.has(name)) throw new ShellError(`The command ${name} is not allowed.`, place)
  if (name === 'aggregate') return !writesByStage(command['pipeline'])
  if (name === 'explain') return isPlain(command['explain']) && isReadCommand(command['explain'], place)
  return readCommands.has(name)
}

const isPlain = (value: unknown): value is Document => {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
