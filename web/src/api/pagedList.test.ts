import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { ApiError } from './apiError.ts'
import { usePagedList } from './pagedList.ts'

interface Row {
  id: string
  status: string
}
const rows = (...ids: number[]): Row[] => ids.map((id) => ({ id: String(id), status: 'PENDING' }))
const page = (items: Row[], nextCursor: string | null = null, total = items.length) => ({
  items,
  total,
  nextCursor,
})

beforeEach(() => setActivePinia(createPinia()))

function listOf(
  load: (cursor: string | null) => Promise<ReturnType<typeof page>>,
  key = ref('all'),
  more: { isOwn?: (row: Row) => boolean; refresh?: (row: Row) => Row } = {},
) {
  const scope = effectScope()
  const list = scope.run(() => usePagedList<Row>({ key, idOf: (row) => row.id, load, ...more }))
  if (!list) throw new Error('the scope has ended')
  return { list, key, leave: () => scope.stop() }
}
const ids = (list: { rows: { value: Row[] } }) => list.rows.value.map((row) => row.id)

it('lets new rows wait until they are asked for, and changes shown rows in place', async () => {
  let head = page(rows(3, 2, 1))
  const { list } = listOf(() => Promise.resolve(head))
  await vi.waitFor(() => expect(ids(list)).toEqual(['3', '2', '1']))

  head = page([{ id: '4', status: 'PENDING' }, { id: '3', status: 'APPROVED' }, ...rows(2, 1)])
  await list.checkHead()

  expect(ids(list)).toEqual(['3', '2', '1'])
  expect(list.rows.value[0]).toEqual({ id: '3', status: 'APPROVED' })
  expect(list.newCount.value).toBe(1)

  list.showNew()
  expect(ids(list)).toEqual(['4', '3', '2', '1'])
  expect(list.newCount.value).toBe(0)
})

it('says how many are new, and of more than a page holds that there are more', async () => {
  let head = page(rows(3, 2, 1), 'c', 3)
  const { list } = listOf(() => Promise.resolve(head))
  await vi.waitFor(() => expect(ids(list)).toEqual(['3', '2', '1']))

  head = page(rows(4, 3, 2), 'c', 4)
  await list.checkHead()
  expect(list.newWords('request')).toBe('1 new request')

  head = page(rows(9, 8, 7), 'c', 9)
  await list.checkHead()
  expect(list.newWords('entry', 'entries')).toBe('More than 3 new entries')
})

it('reads further pages without showing a row twice', async () => {
  const { list } = listOf((cursor) =>
    Promise.resolve(cursor === null ? page(rows(3, 2), 'c', 3) : page(rows(2, 1), null, 3)),
  )
  await vi.waitFor(() => expect(list.status.value).toBe('ready'))
  await list.loadMore()
  expect(ids(list)).toEqual(['3', '2', '1'])
  expect(list.hasMore.value).toBe(false)
})

it('is failed and not empty when the first page does not come', async () => {
  const { list } = listOf(() =>
    Promise.reject(new ApiError({ code: 'unavailable', status: 503, message: 'Down.' })),
  )
  await vi.waitFor(() => expect(list.status.value).toBe('failed'))
  expect(list.error.value?.message).toBe('Down.')
})

it('keeps what is shown when a further page fails', async () => {
  const { list } = listOf((cursor) =>
    cursor === null ? Promise.resolve(page(rows(2), 'c', 2)) : Promise.reject(new Error('broken')),
  )
  await vi.waitFor(() => expect(list.status.value).toBe('ready'))
  await list.loadMore()
  expect(ids(list)).toEqual(['2'])
  expect(list.moreError.value?.code).toBe('unexpected')
})

it('finds rows, place and active row again when one comes back', async () => {
  const load = vi.fn(() => Promise.resolve(page(rows(2, 1))))
  const first = listOf(load)
  await vi.waitFor(() => expect(first.list.status.value).toBe('ready'))
  first.list.scrollTop.value = 240
  first.list.activeId.value = '1'
  first.leave()

  const second = listOf(load)
  await nextTick()
  expect(second.list.status.value).toBe('ready')
  expect(ids(second.list)).toEqual(['2', '1'])
  expect(second.list.scrollTop.value).toBe(240)
  expect(second.list.activeId.value).toBe('1')
})

it('drops the answer to a question that is no longer asked', async () => {
  const answers = new Map<string, (value: ReturnType<typeof page>) => void>()
  const key = ref('slow')
  const { list } = listOf(() => new Promise((resolve) => answers.set(key.value, resolve)), key)
  key.value = 'fast'
  await nextTick()
  answers.get('fast')?.(page(rows(9)))
  await vi.waitFor(() => expect(ids(list)).toEqual(['9']))
  answers.get('slow')?.(page(rows(1)))
  await nextTick()
  expect(ids(list)).toEqual(['9'])
})

it('shows the reader’s own new rows at once, in their place, and counts as the server counts', async () => {
  let head = page(rows(3, 2, 1), null, 3)
  const { list } = listOf(() => Promise.resolve(head), undefined, { isOwn: ({ id }) => id === '5' })
  await vi.waitFor(() => expect(list.status.value).toBe('ready'))
  head = page(rows(4, 3, 2), 'c', 4)
  await list.checkHead()
  expect([ids(list), list.total.value, list.newCount.value]).toEqual([['3', '2', '1'], 4, 1])
  head = page(rows(5, 4, 3), 'c', 5)
  await list.checkHead()
  expect([ids(list), list.total.value, list.newCount.value]).toEqual([['5', '4', '3', '2', '1'], 5, 0])
  head = page(rows(9, 8, 5), 'd', 9)
  await list.checkHead()
  expect(ids(list)).toEqual(['5', '4', '3', '2', '1'])
})

it('is found again as it was left though its key changed while the page was left', async () => {
  const load = () => Promise.resolve(page(rows(3, 2, 1)))
  const key = ref('words=x')
  const first = listOf(load, key)
  await vi.waitFor(() => expect(first.list.status.value).toBe('ready'))
  first.list.activeId.value = '2'
  key.value = 'another page'
  first.leave()
  await nextTick()
  const refresh = (row: Row) => (row.id === '2' ? { ...row, status: 'REJECTED' } : row)
  const again = listOf(load, ref('words=x'), { refresh })
  expect(again.list.activeId.value).toBe('2')
  expect(again.list.rows.value[1]).toEqual({ id: '2', status: 'REJECTED' })
  expect(listOf(load, ref('another page')).list.activeId.value).toBeNull()
})
