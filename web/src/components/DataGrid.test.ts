import type { Cell } from '@sre-portal/contracts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { mountInPortal } from '../testing/mountInPortal.ts'
import DataGrid from './DataGrid.vue'

afterEach(() => document.body.replaceChildren())

const columns = [
  { name: 'id', type: 'int8' },
  { name: 'note', type: 'text' },
  { name: 'note', type: 'text' },
]
const rows: Cell[][] = Array.from({ length: 5000 }, (_, index) => [
  String(index),
  index === 0 ? null : '',
  'x',
])

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(480)
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(900)
})

async function shownGrid(more: Record<string, unknown> = {}) {
  const grid = mountInPortal(DataGrid, {
    props: {
      columns,
      rowCount: rows.length,
      rowAt: (index: number) => rows[index],
      engine: 'postgresql',
      label: 'Rows',
      ...more,
    },
  })
  await vi.waitFor(() => expect(grid.findAll('[role="gridcell"]').length).toBeGreaterThan(0))
  return grid
}

it('draws only the rows in view, and tells the whole size', async () => {
  const grid = await shownGrid()
  const box = grid.get('[role="grid"]')
  expect(box.attributes('aria-rowcount')).toBe('5001')
  expect(box.attributes('aria-colcount')).toBe('3')
  expect(grid.findAll('[role="row"]').length).toBeLessThan(40)
  expect(grid.findAll('[role="columnheader"]').map((header) => header.text())).toEqual([
    'id int8',
    'note text',
    'note text',
  ])
})

it('tells NULL from an empty text in words', async () => {
  const grid = await shownGrid()
  const cells = grid
    .findAll('[role="row"]')
    .slice(1, 3)
    .map((row) => row.findAll('[role="gridcell"]').map((cell) => cell.text()))
  expect(cells).toEqual([
    ['0', 'NULL', 'x'],
    ['1', '(empty)', 'x'],
  ])
})

it('tells of a cut cell that it is cut, and how large it is', async () => {
  const grid = await shownGrid({ cutCells: [{ row: 1, column: 2, bytes: 12 * 1024 * 1024 }] })
  const cells = grid
    .findAll('[role="row"]')
    .slice(1, 3)
    .map((row) => row.findAll('[role="gridcell"]').map((cell) => cell.text()))
  expect(cells).toEqual([
    ['0', 'NULL', 'x'],
    ['1', '(empty)', 'xcut, 12.0 MiB'],
  ])
  const box = grid.get('[role="grid"]')
  for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight', 'Enter']) await box.trigger('keydown', { key })
  expect(grid.get('aside').text()).toContain('Cut: the beginning is stored, of 12.0 MiB in all.')
})

it('moves cell by cell with the arrow keys and opens the whole value with Enter', async () => {
  const grid = await shownGrid()
  const box = grid.get('[role="grid"]')
  await box.trigger('keydown', { key: 'ArrowRight' })
  await box.trigger('keydown', { key: 'ArrowLeft' })
  await box.trigger('keydown', { key: 'ArrowRight' })
  expect(box.attributes('aria-activedescendant')).toMatch(/-0-1$/)
  await box.trigger('keydown', { key: 'Enter' })
  expect(grid.get('[aria-label="Whole value"]').text()).toContain('NULL')
})
