import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { countCheck, countPlaywright, countVitest, sum } from './counts.mjs'

const folder = mkdtempSync(join(tmpdir(), 'counts-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function report(content: object): string {
  const file = join(folder, `${files++}.json`)
  writeFileSync(file, JSON.stringify(content))
  return file
}

const assertions = (...statuses: string[]) =>
  statuses.map((status, index) => ({ status, fullName: `test ${index} ${status}` }))

test('passed, failed and skipped tests of vitest are counted, and those that need a look are named', () => {
  const file = report({
    testResults: [
      { name: 'a.test.ts', status: 'passed', message: '', assertionResults: assertions('passed', 'pending') },
      { name: 'b.test.ts', status: 'failed', message: '', assertionResults: assertions('failed', 'passed') },
    ],
  })
  expect(countVitest('unit', file, false)).toEqual({
    passed: 2,
    failed: 1,
    skipped: ['test 1 pending'],
    failures: ['test 0 failed'],
  })
})

test('a file that can not be loaded is a failure', () => {
  const file = report({
    testResults: [{ name: 'a.test.ts', status: 'failed', message: 'no such module', assertionResults: [] }],
  })
  expect(countVitest('unit', file, false)).toMatchObject({
    passed: 0,
    failed: 1,
    failures: ['a.test.ts: no such module'],
  })
})

test('a run that fails without a failed test is a failure, and so is one in which nothing ran', () => {
  const file = report({
    testResults: [
      { name: 'a.test.ts', status: 'passed', message: '', assertionResults: assertions('passed') },
    ],
  })
  expect(countVitest('unit', file, false)).toMatchObject({
    passed: 1,
    failed: 1,
    failures: ['unit: the run failed, though no test did; see above'],
  })
  for (const empty of [report({ testResults: [] }), join(folder, 'never-written.json')])
    expect(countVitest('unit', empty, true)).toMatchObject({
      passed: 0,
      failed: 1,
      failures: ['unit: nothing ran'],
    })
})

test('stories are counted by project and path, a skipped one with its reason, a lucky one as failed', () => {
  const spec = (title: string, status: string, annotations: object[] = []) => ({
    title,
    tests: [{ status, projectName: 'desktop', annotations }],
  })
  const file = report({
    errors: [],
    suites: [
      {
        title: 'approve.spec.ts',
        specs: [spec('submits', 'expected')],
        suites: [
          {
            title: 'reviewing',
            specs: [
              spec('approves', 'unexpected'),
              spec('rejects', 'flaky'),
              spec('asks mongo', 'skipped', [{ type: 'skip', description: 'no mongod here' }]),
            ],
          },
        ],
      },
    ],
  })
  expect(countPlaywright('stories', file, false)).toEqual({
    passed: 1,
    failed: 2,
    skipped: ['desktop > approve.spec.ts > reviewing > asks mongo: no mongod here'],
    failures: [
      'desktop > approve.spec.ts > reviewing > approves',
      'desktop > approve.spec.ts > reviewing > rejects (passed only when it was tried again)',
    ],
  })
})

test('an error outside of any story is a failure', () => {
  const file = report({ errors: [{ message: 'the portal did not start' }], suites: [] })
  expect(countPlaywright('stories', file, false)).toMatchObject({
    failed: 1,
    failures: ['stories: the portal did not start'],
  })
})

test('counts add up', () => {
  expect(sum([countCheck('types', true), countCheck('lint', false)])).toEqual({
    passed: 1,
    failed: 1,
    skipped: [],
    failures: ['lint'],
  })
})
