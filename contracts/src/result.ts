import { z } from 'zod'
import { engineSchema } from './vocabulary.ts'

/** Name and the database's own type name (`int8`, `timestamptz`, `objectId`) of a column; names may repeat. */
export const columnSchema = z.object({ name: z.string(), type: z.string() })
export type Column = z.infer<typeof columnSchema>

/**
 * One value of a result. PostgreSQL values are the database's own text (`9007199254740993`, `NaN`, `\\x00ff`), so that
 * nothing is lost; NULL is null. MongoDB values are canonical Extended JSON (version 2) as text.
 */
export const cellSchema = z.string().nullable()
export type Cell = z.infer<typeof cellSchema>

/**
 * A database's or script's own error. Every place of a text counts in one unit, Unicode code points (an emoji is one, a letter and
 * its mark two, `\r\n` two): `position` within the statement from 1, `column` within its line of the request's content from 1.
 * A line of the content ends with `\n`; a `\r` before it is the last character of that line. Line counts from 1.
 */
export const executionErrorSchema = z.object({
  code: z.string().nullable(),
  message: z.string(),
  detail: z.string().nullable(),
  hint: z.string().nullable(),
  position: z.int().nullable(),
  line: z.int().nullable(),
  column: z.int().nullable(),
  stack: z.string().nullable(),
  /** Where in functions and blocks it happened (PostgreSQL's CONTEXT), a line a call. */
  context: z.string().optional(),
  /** The statement of a function or block that failed, and the place in it, in code points from 1. */
  internalQuery: z.string().optional(),
  internalPosition: z.int().optional(),
  /** The object that the error is about, as the database names it. */
  schemaName: z.string().optional(),
  tableName: z.string().optional(),
  columnName: z.string().optional(),
  dataTypeName: z.string().optional(),
  constraintName: z.string().optional(),
})
export type ExecutionError = z.infer<typeof executionErrorSchema>

/** Code of the error that stands for a statement whose answer was lost with its executor: nobody knows what became of it. */
export const lostStatementCode = 'EXECUTOR_LOST'

/** Fate of one statement. `not-executed`: an earlier one failed. `rolled-back`: it ran, then its transaction was undone. */
export const statementOutcomes = ['executed', 'failed', 'not-executed', 'rolled-back'] as const
export const statementOutcomeSchema = z.enum(statementOutcomes)
export type StatementOutcome = z.infer<typeof statementOutcomeSchema>

/** Why fewer rows are stored than there were; null when nothing was cut. */
export const cutReasons = ['rows', 'bytes'] as const
export const cutReasonSchema = z.enum(cutReasons)
export type CutReason = z.infer<typeof cutReasonSchema>

/** A cell of which only the beginning is stored, by its place among the stored rows; `bytes` is the size of the whole value in UTF-8. */
export const cutCellSchema = z.object({
  row: z.int().nonnegative(),
  column: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
})
export type CutCell = z.infer<typeof cutCellSchema>

/**
 * Head of one statement's result, in the order of the statements; its rows are stored and served apart.
 * `text` is the statement as sent (cut at 8 KiB for display), `offset` how many code points of the request's content
 * stand before it (null in scripts), `parameters` the values a script bound, as JSON text. `rowCount` is what the database returned
 * (null when the cut came before the end was known), `storedRows` what is kept, `affectedRows` how many rows it
 * changed by the database's own word: 0 for reads, null when the database doesn't say.
 */
export const statementHeadSchema = z.object({
  ordinal: z.int().nonnegative(),
  text: z.string(),
  offset: z.int().nullable(),
  parameters: z.string().nullable(),
  command: z.string().nullable(),
  outcome: statementOutcomeSchema,
  columns: z.array(columnSchema),
  rowCount: z.int().nullable(),
  storedRows: z.int().nonnegative(),
  cutBy: cutReasonSchema.nullable(),
  /** Absent when every stored cell is whole, and in results of earlier versions. */
  cutCells: z.array(cutCellSchema).optional(),
  affectedRows: z.int().nullable(),
  durationMs: z.number().nonnegative(),
  error: executionErrorSchema.nullable(),
})
export type StatementHead = z.infer<typeof statementHeadSchema>

/** One line of a script's console; `atMs` counts from the start of the script. */
export const logLineSchema = z.object({
  atMs: z.number().nonnegative(),
  level: z.enum(['debug', 'log', 'info', 'warn', 'error']),
  text: z.string(),
})
export type LogLine = z.infer<typeof logLineSchema>

/** What the database said beside a statement's result, whole; `statement` is the ordinal of the one that ran. */
export const noticeSchema = z.object({
  statement: z.int().nullable(),
  severity: z.string(),
  code: z.string().nullable(),
  message: z.string(),
  detail: z.string().nullable(),
  hint: z.string().nullable(),
  context: z.string().nullable(),
})
export type Notice = z.infer<typeof noticeSchema>

/**
 * Everything an execution brought but its rows. `returned` is the script's return value as JSON text (reported by the
 * script itself; statements and counts come from the broker), null for queries. `notices` are the database's NOTICE and WARNING texts.
 */
export const resultHeadSchema = z.object({
  engine: engineSchema,
  statements: z.array(statementHeadSchema),
  returned: z.string().nullable(),
  logs: z.array(logLineSchema),
  logsCut: z.boolean(),
  notices: z.array(z.string()),
  /** The same notices with all that the database said of them; absent in results of earlier versions. */
  noticeDetails: z.array(noticeSchema).optional(),
  error: executionErrorSchema.nullable(),
  durationMs: z.number().nonnegative(),
})
export type ResultHead = z.infer<typeof resultHeadSchema>
