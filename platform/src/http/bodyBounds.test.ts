import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { ensureBounded } from './bodyBounds.ts'

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const keys = (count: number) => `{${Array.from({ length: count }, (_, at) => `"k${at}":1`).join(',')}}`
const judge = (text: string) => () => ensureBounded(Buffer.from(text))

describe('a body is refused with its place', () => {
  it.each([
    ['brackets without end', nested(500_000), 'At byte 33 the body is nested deeper than 32 levels'],
    ['nested within a field', `{"content":${nested(400_000)}}`, 'At byte 43 the body is nested deeper'],
    ['objects in objects', '{"a":'.repeat(150_000), 'At byte 161 the body is nested deeper than 32 levels'],
    ['60,000 keys', keys(60_000), 'made of more than 1000 values'],
    ['a list of numbers', `[${'1,'.repeat(300_000)}1]`, 'At byte 1999 the body is made of more than 1000'],
    ['empty objects', `[${'{},'.repeat(300_000)}{}]`, 'made of more than 1000 values'],
    ['commas alone', ','.repeat(1_000_000), 'made of more than 1000 values'],
    ['brackets behind a string that looks closed', `["\\"]",${nested(40)}]`, 'nested deeper than 32 levels'],
  ])('%s', (_name, text, words) => expect(judge(text)).toThrow(words))
})

it.each([
  ['what stands in texts', JSON.stringify({ content: '[{,'.repeat(100_000) })],
  ['escaped quotes', JSON.stringify({ content: '\\"[['.repeat(100_000) })],
  ['a string that never ends', `{"a":"${'\\'.repeat(500_000)}`],
  ['as many values as are allowed', `[${'1,'.repeat(998)}1]`],
  ['as deep as is allowed', nested(32)],
  ['nothing', ''],
  ['brackets that close what is not open', ']'.repeat(1000)],
])('%s is no reason to refuse', (_name, text) => expect(judge(text)).not.toThrow())

it('is quick with a megabyte of anything', () => {
  const texts = [' ', '[', ',', '"', '\\', '"\\"', '[]', '1'].map((part) =>
    Buffer.from(part.repeat(1_048_576 / part.length)),
  )
  const began = performance.now()
  for (const body of texts) {
    try {
      ensureBounded(body)
    } catch {
      // Refused or not: only the time counts here.
    }
  }
  expect(performance.now() - began).toBeLessThan(1_000)
})
