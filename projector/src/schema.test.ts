import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readModelVersion } from './schema.ts'

const sqlOf = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')

/** What the tables of each version look like; a line is added, never changed. */
const fingerprints: Record<number, string> = {
  1: 'f4f8ab149b1fa579',
  2: 'f79e07a615b9e58c',
  3: 'f7ae1b0049a0c250',
  4: '459809bfaf8141d6',
  // The same tables: a user's history tells each password of their own.
  5: '459809bfaf8141d6',
  6: 'e64640d28ca4e8a2',
}

test('the version of the read models is raised whenever their tables change', () => {
  const fingerprint = createHash('sha256')
    .update(sqlOf('schema.sql'))
    .update(sqlOf('searchIndexes.sql'))
    .digest('hex')
  expect(fingerprint.slice(0, 16)).toBe(fingerprints[readModelVersion])
})
