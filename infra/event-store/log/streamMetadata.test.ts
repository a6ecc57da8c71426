import { describe, expect, it } from 'vitest'
import { parseStreamMetadata, withTruncateBefore } from './streamMetadata.ts'

const parse = (text: string) => parseStreamMetadata(Buffer.from(text))

describe('Stream metadata', () => {
  it('reads the keys that mean something', () => {
    const text = '{"$maxCount":3,"$maxAge":60,"$tb":7,"$acl":{"$r":"a","$w":["b","c"],"$d":[]},"own":1}'
    expect(parse(text)).toEqual({
      maxCount: 3,
      maxAgeSeconds: 60,
      truncateBefore: 7,
      isSoftDeleted: false,
      acl: { read: ['a'], write: ['b', 'c'], delete: [] },
    })
  })

  it.each([
    '{"$maxCount":0}',
    '{"$maxCount":1.5}',
    '{"$maxAge":-1}',
    '{"$tb":-1}',
    '{"$tb":"3"}',
    '{',
    '[]',
    '3',
    '',
  ])('ignores %s', (text) => {
    expect(parse(text)).toEqual({ isSoftDeleted: false })
  })

  it('takes exactly 9223372036854775807 for a deletion', () => {
    expect(parse('{"$tb":9223372036854775807}').isSoftDeleted).toBe(true)
    expect(parse('{ "$tb" : 9223372036854775807 , "a": 1}').isSoftDeleted).toBe(true)
    expect(parse('{"$tb":9223372036854775806}').isSoftDeleted).toBe(false)
    expect(parse('{"$tb":9007199254740993}').isSoftDeleted).toBe(false)
  })

  it('keeps other keys when a stream revives', () => {
    const revived = withTruncateBefore(Buffer.from('{"own":{"a":1},"$tb":9223372036854775807}'), 5)
    expect(JSON.parse(revived.toString())).toEqual({ own: { a: 1 }, $tb: 5 })
    expect(JSON.parse(withTruncateBefore(Buffer.from('nonsense'), 5).toString())).toEqual({ $tb: 5 })
  })
})
