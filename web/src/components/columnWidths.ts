import type { Cell, Column, Engine } from '@sre-portal/contracts'
import { cellFace } from './cellFace.ts'

const characterPx = 7.3
const paddingPx = 28
const narrowestPx = 72
const widestPx = 360

/** Wide enough for the header and for what the first rows hold, within bounds. */
export function columnWidths(columns: Column[], engine: Engine, sample: Cell[][]): number[] {
  return columns.map((column, index) => {
    const header = column.name.length + column.type.length + 2
    const longest = sample.reduce((most, row) => {
      const cell = row[index]
      return cell === undefined ? most : Math.max(most, cellFace(cell, column.type, engine).text.length)
    }, header)
    return Math.round(Math.min(widestPx, Math.max(narrowestPx, longest * characterPx + paddingPx)))
  })
}
