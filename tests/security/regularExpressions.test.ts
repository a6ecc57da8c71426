import { describe, expect, it } from 'vitest'
import { repository } from '@sre-portal/infra/stack/settings.ts'
import { expressionsIn, sourceFiles } from './sourceExpressions.ts'

const found = sourceFiles(repository).map((path) => expressionsIn(repository, path))
const written = found.flatMap((file) => file.written)

/** Growing, so that an expression that doubles its work with each character is noticed while it can still be waited for. */
const lengths = [16, 20, 24, 28, 100, 1_000, 10_000, 50_000]
const longestMs = 50
const attempts = 3

/** Characters that an expression may repeat: those that stand in it, and one of each class. */
const alphabetOf = ({ source }: RegExp) =>
  [
    ...new Set([
      ...source,
      'a',
      'Z',
      '0',
      ' ',
      '\t',
      '\n',
      '.',
      '-',
      '_',
      '/',
      '\\',
      '"',
      "'",
      '(',
      ',',
      'ä',
    ]),
  ].slice(0, 60)

function attacksOn(expression: RegExp, length: number): string[] {
  const alphabet = alphabetOf(expression)
  const pairs = alphabet.slice(0, 12).flatMap((one) => alphabet.slice(0, 12).map((other) => one + other))
  const repeated = [...alphabet, ...(length <= 1_000 ? pairs : [])].map((part) =>
    part.repeat(Math.ceil(length / part.length)).slice(0, length),
  )
  const words = [...new Set(expression.source.match(/[A-Za-z]{2,}/g) ?? [])].slice(0, 8)
  return repeated.flatMap((text) => [`${text}\u0001`, `x${text}!`, ...words.map((word) => `${word}${text}(`)])
}

function slowestMs(expression: RegExp, texts: readonly string[]): number {
  let slowest = 0
  for (const text of texts) {
    let fastest = Infinity
    for (let attempt = 0; attempt < attempts && fastest > longestMs; attempt++) {
      expression.lastIndex = 0
      const startedAt = performance.now()
      expression.test(text)
      fastest = Math.min(fastest, performance.now() - startedAt)
    }
    slowest = Math.max(slowest, fastest)
    if (slowest > longestMs) return slowest
  }
  return slowest
}

describe('regular expressions', () => {
  it('every expression judges 50,000 characters within 50 ms', { timeout: 300_000 }, () => {
    expect(written.length).toBeGreaterThan(100)
    const slow: string[] = []
    for (const { place, expression } of written)
      for (const length of lengths) {
        const took = slowestMs(expression, attacksOn(expression, length))
        if (took <= longestMs) continue
        slow.push(`${place} ${String(expression)}: ${Math.round(took)} ms for ${length} characters`)
        break
      }
    expect(slow).toEqual([])
  })

  it('none is made of what people type', () => expect(found.flatMap(({ made }) => made)).toEqual([]))
})
