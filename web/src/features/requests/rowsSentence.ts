import type { StatementHead } from '@sre-portal/contracts'
import { count, plural } from '../../components/numbers.ts'
import { isLost } from './lostRun.ts'
import { wasStopped } from './outcomeFaces.ts'

/** How many cells are stored in part; empty when all of them are whole. */
export function cutCellsSentence({ cutCells = [] }: StatementHead): string {
  if (cutCells.length === 0) return ''
  return cutCells.length === 1
    ? '1 cell is cut: only its beginning is stored'
    : `${count(cutCells.length)} cells are cut: only their beginnings are stored`
}

/** How many rows there were and how many are kept, and by which limit; empty for what returns none, and where nobody knows. */
export function rowsSentence(statement: StatementHead): string {
  const { rowCount, storedRows, cutBy, columns } = statement
  if (!hasAnswered(statement)) return storedRows > 0 ? `${plural(storedRows, 'row')} ${endOf(statement)}` : ''
  const rows = rowCount ?? storedRows
  if (columns.length === 0) return rows > 0 ? `${plural(rows, 'row')} without columns` : ''
  if (cutBy === null) return plural(storedRows, 'row')
  const limit = cutBy === 'rows' ? 'the row limit' : 'the size limit'
  return rowCount === null
    ? `Showing the first ${plural(storedRows, 'row')}: there were more, how many is not known; cut by ${limit}`
    : `Showing ${count(storedRows)} of ${count(rowCount)} rows; stored ${count(storedRows)}, cut by ${limit}`
}

/** The same in a few words, for a list of statements. */
export function briefRows(statement: StatementHead): string {
  const { columns, rowCount, storedRows, cutBy } = statement
  if (columns.length === 0 || !hasAnswered(statement)) return affectedSentence(statement)
  return rowCount === null && cutBy !== null
    ? `more than ${plural(storedRows, 'row')}`
    : plural(rowCount ?? storedRows, 'row')
}

/**
 * How many rows were changed, by the database's own word. Empty where it doesn't say, where nobody knows, and where nothing was changed by
 * what is no change: a SELECT doesn't affect 0 rows.
 */
export function affectedSentence(statement: StatementHead): string {
  const { affectedRows, command, outcome, columns } = statement
  if (affectedRows === null || outcome === 'not-executed' || isLost(statement)) return ''
  const affected = `${plural(affectedRows, 'row')} affected`
  if (!hasAnswered(statement)) return affectedRows > 0 ? `${affected} ${endOf(statement)}` : ''
  if (affectedRows === 0 && (columns.length > 0 || !changes.test(command ?? ''))) return ''
  return outcome === 'rolled-back' && affectedRows > 0 ? `${affected}, undone` : affected
}

/** Commands of PostgreSQL and methods of MongoDB that change rows. */
const changes = /^(insert|update|delete|merge|replace|bulkWrite|findOneAnd)/i

const hasAnswered = ({ outcome }: StatementHead) => outcome === 'executed' || outcome === 'rolled-back'

function endOf(statement: StatementHead): string {
  if (wasStopped(statement)) return 'before it was stopped'
  return isLost(statement) ? 'before its answer was lost' : 'before it failed'
}
