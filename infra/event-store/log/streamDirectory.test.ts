import { describe, expect, it } from 'vitest'
import { StreamDirectory, type StreamRow } from './streamDirectory.ts'

const row = (name: string): StreamRow => ({
  name,
  key: 1,
  lastRevision: 4,
  lastPosition: 9,
  lastData: undefined,
})

describe('The directory of streams', () => {
  it('keeps the heads that were used last, and asks for the others again', async () => {
    const asked: string[] = []
    const directory = new StreamDirectory((names) => {
      asked.push(...names)
      return Promise.resolve(names.map(row))
    }, 3)
    for (const name of ['a', 'b', 'c', 'a', 'd']) await directory.get(name)
    expect(asked).toEqual(['a', 'b', 'c', 'd'])
    await directory.getAll(['c', 'd', 'a'])
    expect(asked).toEqual(['a', 'b', 'c', 'd'])
    await directory.get('b')
    expect(asked).toEqual(['a', 'b', 'c', 'd', 'b'])
  })

  it('keeps 20,000 heads unless it is told otherwise', async () => {
    let asked = 0
    const directory = new StreamDirectory((names) => {
      asked += names.length
      return Promise.resolve(names.map(row))
    })
    const names = Array.from({ length: 20_001 }, (_, at) => `s${at}`)
    await directory.getAll(names)
    await directory.getAll(names.slice(1))
    expect(asked).toBe(20_001)
    await directory.get('s0')
    expect(asked).toBe(20_002)
  })
})
