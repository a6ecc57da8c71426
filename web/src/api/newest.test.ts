import { expect, it } from 'vitest'
import { createNewest } from './newest.ts'

interface Row {
  id: string
  revision: number
  status: string
  title: string
}
const row = (revision: number, status: string): Row => ({ id: 'r', revision, status, title: 'kept' })

it('lays what a command told over a row that the read model still has from before', () => {
  const newest = createNewest<{ status: string }>()
  newest.learn('r', 1, { status: 'APPROVED' })
  expect(newest.reconcile(row(0, 'PENDING'))).toEqual({ ...row(1, 'APPROVED') })
})

it('lets a row of the same or a newer revision through as it is', () => {
  const newest = createNewest<{ status: string }>()
  newest.learn('r', 1, { status: 'APPROVED' })
  expect(newest.reconcile(row(1, 'APPROVED'))).toEqual(row(1, 'APPROVED'))
  expect(newest.reconcile(row(3, 'EXECUTED'))).toEqual(row(3, 'EXECUTED'))
})

it('never learns backwards, and adds later facts to earlier ones', () => {
  const newest = createNewest<{ status: string; reason: string }>()
  newest.learn('r', 2, { status: 'REJECTED', reason: 'no WHERE' })
  newest.learn('r', 1, { status: 'PENDING' })
  newest.learn('r', 3, { status: 'SETTLED' })
  expect(newest.reconcile({ ...row(0, 'PENDING'), reason: '' })).toEqual({
    ...row(3, 'SETTLED'),
    reason: 'no WHERE',
  })
})
