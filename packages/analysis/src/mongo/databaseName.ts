import { refusal, type Where } from './where.ts'

/** Refuses every database but the one that the request is about. @throws ShellError */
export function inDatabase(name: unknown, what: string, where: Where): void {
  if (typeof name === 'string' && name !== '' && name === where.database) return
  throw refusal(
    `${what} names another database: only the one that the request is about${where.database === null ? '' : ` (${where.database})`} can be reached. Write the collection's name alone.`,
    where,
  )
}
