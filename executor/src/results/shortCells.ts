import type { Cell, CutCell } from '@sre-portal/contracts'
import { cutText } from './statementHead.ts'

/** Of 10 MiB that a result may take: cells above 1 MiB are cut, to their first 64 KiB. */
const largeFraction = 10
const keptFraction = 160

/** A row whose cells that alone take more than a tenth of `maxBytes` are cut to their beginning, and which ones. */
export function withShortCells(
  cells: Cell[],
  maxBytes: number,
): { shorter: Cell[]; cut: Omit<CutCell, 'row'>[] } {
  const cut: Omit<CutCell, 'row'>[] = []
  // An even number, so that no byte of binary data in hexadecimal is halved.
  const kept = 2 * Math.floor(maxBytes / keptFraction / 2)
  const shorter = cells.map((cell, column) => {
    // No text has fewer bytes than UTF-16 units: most cells are told small without being encoded.
    if (cell === null || cell.length * 3 <= maxBytes / largeFraction) return cell
    const bytes = Buffer.byteLength(cell)
    if (bytes <= maxBytes / largeFraction) return cell
    cut.push({ column, bytes })
    // One more than fits: cutText ends what it cuts with a sign of its own.
    return cutText(cell.slice(0, kept + 1), kept).slice(0, -1)
  })
  return { shorter, cut }
}
