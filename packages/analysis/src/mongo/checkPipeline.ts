import type { Document } from 'mongodb'
import { checkExpression, unknownOperator } from './checkExpression.ts'
import { checkFilter } from './checkFilter.ts'
import { ensureOrder } from './checkOrder.ts'
import { inDatabase } from './databaseName.ts'
import { readStages, refusedStages, writeStages, type StageShape } from './lists/stages.ts'
import { isDocument } from './plainValues.ts'
import { refusal, type Where } from './where.ts'

/** Looks through a pipeline and says whether it stores its result. @throws ShellError */
export function checkPipeline(pipeline: unknown, where: Where): 'read' | 'write' {
  if (!Array.isArray(pipeline))
    throw refusal('A pipeline is a list of stages, such as [{ $match: {} }].', where, pipeline)
  const kinds = pipeline.map((stage) => checkStage(stage, where))
  return kinds.includes('write') ? 'write' : 'read'
}

function checkStage(stage: unknown, where: Where): 'read' | 'write' {
  const names = isDocument(stage) ? Object.keys(stage) : []
  const [name] = names
  if (!isDocument(stage) || name === undefined || names.length > 1)
    throw refusal('A stage is a document of one field, such as { $match: {} }.', where, stage)
  const spec: unknown = stage[name]
  const reading = readStages.get(name)
  if (reading) return checkShape(reading, name, spec, where)
  const writing = writeStages.get(name)
  if (writing) {
    checkShape(writing, name, spec, where)
    return 'write'
  }
  const reason = refusedStages.get(name)
  if (reason !== undefined) throw refusal(`${name} is not allowed: ${reason}.`, where, stage)
  throw unknownOperator(name, 'a stage', where, stage)
}

function checkShape(shape: StageShape, name: string, spec: unknown, where: Where): 'read' | 'write' {
  switch (shape) {
    case 'filter':
      checkFilter(spec, where, '$match')
      return 'read'
    case 'expression':
    case 'value':
      checkExpression(spec, where)
      return 'read'
    case 'sort':
      ensureOrder(documentOf(name, spec, where), '$sort', where)
      checkExpression(spec, where)
      return 'read'
    case 'facet':
      return onlyReads(Object.values(documentOf(name, spec, where)), name, where)
    case 'out':
      return typeof spec === 'string' ? 'read' : checkTarget(name, documentOf(name, spec, where), where)
    case 'merge':
      return checkMerge(typeof spec === 'string' ? { into: spec } : documentOf(name, spec, where), where)
    case 'unionWith':
      return typeof spec === 'string' ? 'read' : checkParts(name, documentOf(name, spec, where), where)
    case 'lookup':
    case 'graphLookup':
    case 'geoNear':
    case 'vectorSearch':
    case 'rankFusion':
      return checkParts(name, documentOf(name, spec, where), where)
  }
}

/** A specification whose fields are expressions, but for those that are known to be something else. */
function checkParts(name: string, spec: Document, where: Where): 'read' {
  for (const [field, part] of Object.entries(spec)) {
    if (field === 'pipeline') onlyReads([part], name, where)
    else if (['restrictSearchWithMatch', 'query', 'filter'].includes(field)) checkFilter(part, where, field)
    else if (field === 'from' && isDocument(part)) checkTarget(name, part, where)
    else if (field === 'input' && name === '$rankFusion')
      onlyReads(
        Object.values(documentOf(name, documentOf(name, part, where)['pipelines'], where)),
        name,
        where,
      )
    else if (field === 'db') inDatabase(part, name, where)
    else checkExpression(part, where)
  }
  return 'read'
}

function checkMerge(spec: Document, where: Where): 'read' {
  const { into, whenMatched, ...rest } = spec
  if (isDocument(into)) checkTarget('$merge', into, where)
  else if (typeof into !== 'string') throw refusal('$merge needs "into", a collection.', where, spec)
  if (Array.isArray(whenMatched)) onlyReads([whenMatched], '$merge', where)
  checkExpression(rest, where)
  return 'read'
}

/** `{ db, coll }`: a collection of the approved database. */
function checkTarget(name: string, target: Document, where: Where): 'read' {
  const { db, coll } = target
  if (typeof coll !== 'string') throw refusal(`${name} needs "coll", a collection.`, where, target)
  if (db !== undefined) inDatabase(db, name, where)
  return 'read'
}

function onlyReads(pipelines: unknown[], name: string, where: Where): 'read' {
  for (const pipeline of pipelines)
    if (checkPipeline(pipeline, where) === 'write')
      throw refusal(`A pipeline within ${name} can not write.`, where, pipeline)
  return 'read'
}

function documentOf(name: string, spec: unknown, where: Where): Document {
  if (isDocument(spec)) return spec
  throw refusal(`${name} takes a document.`, where, spec)
}
