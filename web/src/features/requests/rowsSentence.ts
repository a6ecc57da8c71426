import type { StatementHead } from '@sre-portal/contracts'
import { count, plural } from '../../components/numbers.ts'

/** How many cells are stored in part; empty when all of them are whole. */
export function cutCellsSentence({ cutCells = [] }: StatementHead): string {
  if (cutCells.length === 0) return ''
  return cutCells.length === 1
    ? '1 cell is cut: only its beginning is stored'
    : `${count(cutCells.length)} cells are cut: only their beginnings are stored`
}

/** How many rows there were and how many are kept, and by which limit; empty for what returns none. */
export function rowsSentence({ rowCount, storedRows, cutBy, columns }: StatementHead): string {
  const rows = rowCount ?? storedRows
  if (columns.length === 0) return rows > 0 ? `${plural(rows, 'row')} without columns` : ''
  if (cutBy === null) return plural(storedRows, 'row')
  const limit = cutBy === 'rows' ? 'the row limit' : 'the size limit'
  return rowCount === null
    ? `Showing the first ${plural(storedRows, 'row')}: there were more, how many is not known; cut by ${limit}`
    : `Showing ${count(storedRows)} of ${count(rowCount)} rows; stored ${count(storedRows)}, cut by ${limit}`
}
