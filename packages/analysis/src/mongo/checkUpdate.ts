import { unknownOperator } from './checkExpression.ts'
import { checkFilter } from './checkFilter.ts'
import { checkPipeline } from './checkPipeline.ts'
import { fieldOperators } from './lists/queryOperators.ts'
import { updateStages } from './lists/stages.ts'
import { pushModifiers, updateOperators } from './lists/updateOperators.ts'
import { isDocument } from './plainValues.ts'
import { refusal, type Where } from './where.ts'

const howToUpdate = 'An update needs operators, such as { $set: { status: "closed" } }'

/** Looks through an update: operators, or a pipeline. @throws ShellError */
export function checkUpdate(update: unknown, where: Where): void {
  if (Array.isArray(update)) return checkUpdatePipeline(update, where)
  if (!isDocument(update)) throw refusal(`${howToUpdate}.`, where, update)
  const entries = Object.entries(update)
  if (entries.length === 0) throw refusal(`${howToUpdate}.`, where, update)
  for (const [name, fields] of entries) {
    if (!name.startsWith('$')) {
      throw refusal(`${howToUpdate}; to replace whole documents, write replaceOne.`, where, update)
    }
    const shape = updateOperators.get(name)
    if (!shape) throw unknownOperator(name, 'an operator of updates', where, update)
    if (!isDocument(fields)) throw refusal(`${name} takes a document of fields.`, where, update)
    if (shape === 'filter') for (const field of Object.values(fields)) checkElements(field, where)
    if (shape === 'push') for (const field of Object.values(fields)) checkPush(name, field, where)
  }
}

/** A document that stands in the place of another one. @throws ShellError */
export function checkReplacement(replacement: unknown, where: Where): void {
  if (!isDocument(replacement)) throw refusal('A replacement is a document.', where, replacement)
  const operator = Object.keys(replacement).find((name) => name.startsWith('$'))
  if (operator !== undefined) {
    throw refusal(
      `A replacement is the new document itself: ${operator} belongs to updateOne or updateMany.`,
      where,
      replacement,
    )
  }
}

function checkUpdatePipeline(pipeline: unknown[], where: Where): void {
  if (pipeline.length === 0) throw refusal(`${howToUpdate}.`, where, pipeline)
  checkPipeline(pipeline, where)
  for (const stage of pipeline) {
    const [name = ''] = Object.keys(stage as object)
    if (!updateStages.has(name))
      throw refusal(`${name} can not stand in an update: ${[...updateStages].join(', ')} can.`, where, stage)
  }
}

/** What the elements are that leave a list: a value, conditions on the element, or a filter of its fields. */
function checkElements(condition: unknown, where: Where): void {
  if (!isDocument(condition)) return
  const ofElement = Object.keys(condition).some((name) => fieldOperators.has(name))
  checkFilter(ofElement ? { element: condition } : condition, where)
}

function checkPush(name: string, field: unknown, where: Where): void {
  if (!isDocument(field) || !Object.hasOwn(field, '$each')) return
  const strange = Object.keys(field).find((key) => !pushModifiers.has(key))
  if (strange !== undefined) throw unknownOperator(strange, `a part of ${name}`, where, field)
}
