import pg from 'pg'
import { plainError } from '@sre-portal/analysis/plainError'
import { positionOf, unitOffsetOfCodePoint } from '@sre-portal/analysis/textPosition'
import type { ExecutionError } from '@sre-portal/contracts'
import { AddressRefused } from '../addresses/addressCheck.ts'
import { PasswordNotSent } from './passwordGuard.ts'
import { maxKeptTextBytes } from '../results/keptBytes.ts'
import { cutText } from '../results/statementHead.ts'

/** Thrown when the session ended before the server's answer came, so that nobody knows what it did. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
  /** What the server said when it ended the session; null when the connection broke without a word. */
  readonly told: pg.DatabaseError | null

  constructor(message: string, told: pg.DatabaseError | null = null) {
    super(message)
    this.told = told
  }
}

/** Thrown when no session could be opened; the message never holds a credential. */
export class TargetUnreachable extends Error {
  override readonly name = 'TargetUnreachable'
  /** True when a database server answered and refused, or the portal itself did, before anything was sent. */
  readonly wasRefused: boolean

  constructor(message: string, wasRefused = false) {
    super(message)
    this.wasRefused = wasRefused
  }
}

/** True for what only a database server says (an SQLSTATE), and for the portal's own refusals. */
export const isRefusedConnection = (error: unknown): boolean =>
  error instanceof PasswordNotSent ||
  error instanceof AddressRefused ||
  (isCoded(error) && /^[0-9FHPX][0-9A-Z]{4}$/.test(error.code))

/** The server's own words on one statement, with the place in the statement and in the whole content. */
export function toExecutionError(
  error: unknown,
  statement?: { text: string; offset: number | null },
  content?: string,
): ExecutionError {
  if (!(error instanceof pg.DatabaseError))
    return plainError(null, short(error instanceof Error ? error.message : String(error)))
  const position = error.position === undefined ? null : Number(error.position)
  const at =
    position === null || !statement
      ? null
      : positionOf(
          content ?? statement.text,
          (content === undefined ? 0 : (statement.offset ?? 0)) +
            unitOffsetOfCodePoint(statement.text, position - 1),
        )
  const { code, detail, hint } = error
  return {
    ...plainError(code ?? null, short(error.message)),
    detail: detail === undefined ? null : short(detail),
    hint: hint === undefined ? null : short(hint),
    position,
    line: at?.line ?? null,
    column: at?.column ?? null,
    ...where(error),
  }
}

const short = (text: string) => cutText(text, maxKeptTextBytes)

/** What else the server says of an error: where in functions it happened, and what it is about. */
function where(error: pg.DatabaseError): Partial<ExecutionError> {
  const {
    where: context,
    internalQuery,
    internalPosition,
    schema,
    table,
    column,
    dataType,
    constraint,
  } = error
  return {
    ...(context && { context: short(context) }),
    ...(internalQuery && { internalQuery: short(internalQuery) }),
    ...(internalPosition && { internalPosition: Number(internalPosition) }),
    ...(schema && { schemaName: short(schema) }),
    ...(table && { tableName: short(table) }),
    ...(column && { columnName: short(column) }),
    ...(dataType && { dataTypeName: short(dataType) }),
    ...(constraint && { constraintName: short(constraint) }),
  }
}

/** The error of a session that is gone, in the server's own words where it had any; `sequel` says what that means. */
export const lostError = ({ message, told }: ConnectionLost, sequel: string): ExecutionError =>
  told
    ? { ...toExecutionError(told), message: `${short(told.message)}. ${sequel}` }
    : plainError('CONNECTION_LOST', `${message} ${sequel}`)

/** Says why no session could be opened, without host names, users or passwords beyond what the server's code tells. */
export function unreachableMessage(error: unknown): string {
  if (error instanceof AddressRefused || error instanceof PasswordNotSent) return error.message
  const code = isCoded(error) ? error.code : ''
  switch (code) {
    case 'ECONNREFUSED':
      return 'The database server refused the connection.'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'The name of the database server could not be resolved.'
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'The database server could not be reached.'
    case 'ECONNRESET':
    case 'EPIPE':
      return 'The database server closed the connection.'
    case '28P01':
    case '28000':
      return 'The database server refused the stored user or password.'
    case '3D000':
      return 'The database does not exist on this server.'
    case '42501':
      return 'The stored user may not connect to this database.'
    case '53300':
      return 'The database server has no free connection.'
    case '57P01':
    case '57P02':
    case '57P03':
      return 'The database server is starting up or shutting down.'
    default:
      return describeOther(error)
  }
}

function describeOther(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  if (/timeout/i.test(message)) return 'The database server did not answer in time.'
  if (/SSL|TLS|certificate|self.signed/i.test(message)) {
    return 'A secured connection to the database server could not be made: check TLS and the certificate.'
  }
  return 'The database server could not be reached.'
}

const isCoded = (error: unknown): error is { code: string } =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'

/** What the server refused because the portal had sent it READ ONLY. */
export const withReadOnlyHint = (error: ExecutionError): ExecutionError =>
  error.code !== '25006' || error.hint
    ? error
    : { ...error, hint: 'Only reads were recognised, so this ran in a READ ONLY transaction.' }
