import { existsSync, readFileSync } from 'node:fs'

/** @typedef {import('./counts.d.mts').Counts} Counts */

/** @returns {Counts} */
export const nothing = () => ({ passed: 0, failed: 0, skipped: [], failures: [] })

/** @param {Counts[]} all @returns {Counts} */
export const sum = (all) =>
  all.reduce(
    (total, one) => ({
      passed: total.passed + one.passed,
      failed: total.failed + one.failed,
      skipped: [...total.skipped, ...one.skipped],
      failures: [...total.failures, ...one.failures],
    }),
    nothing(),
  )

/**
 * Counts of a program that only succeeds or fails.
 * @param {string} name
 * @param {boolean} succeeded
 * @returns {Counts}
 */
export const countCheck = (name, succeeded) =>
  succeeded ? { ...nothing(), passed: 1 } : { ...nothing(), failed: 1, failures: [name] }

/**
 * Counts of a run of vitest by its JSON report. A file that could not be loaded is a failure, and so is a run that failed without a failed test,
 * that reported nothing, or in which nothing ran.
 * @param {string} name
 * @param {string} file
 * @param {boolean} succeeded
 * @returns {Counts}
 */
export function countVitest(name, file, succeeded) {
  const counts = nothing()
  for (const suite of readReport(file)?.testResults ?? []) {
    for (const { status, fullName } of suite.assertionResults) {
      if (status === 'passed') counts.passed++
      else if (status === 'failed') fail(counts, fullName)
      else counts.skipped.push(fullName)
    }
    const failedOutside =
      suite.status === 'failed' && !suite.assertionResults.some(({ status }) => status === 'failed')
    if (failedOutside) fail(counts, `${suite.name}: ${suite.message}`)
  }
  return checked(counts, name, succeeded)
}

/**
 * Counts of a run of Playwright by its JSON report; a test that passed only at a second attempt has failed.
 * @param {string} name
 * @param {string} file
 * @param {boolean} succeeded
 * @returns {Counts}
 */
export function countPlaywright(name, file, succeeded) {
  const counts = nothing()
  const report = readReport(file)
  const visit = (suite, path) => {
    for (const inner of suite.suites ?? []) visit(inner, [...path, inner.title])
    for (const { title, tests } of suite.specs ?? [])
      for (const { status, projectName, annotations } of tests) {
        const story = [projectName, ...path, title].filter(Boolean).join(' > ')
        if (status === 'expected') counts.passed++
        else if (status === 'skipped') counts.skipped.push(`${story}: ${reasonOf(annotations)}`)
        else fail(counts, `${story}${status === 'flaky' ? ' (passed only when it was tried again)' : ''}`)
      }
  }
  if (report) visit(report, [])
  for (const { message } of report?.errors ?? []) fail(counts, `${name}: ${message}`)
  return checked(counts, name, succeeded)
}

const reasonOf = (annotations = []) =>
  annotations.find(({ type, description }) => type === 'skip' && description)?.description ??
  'no reason is given'

/** @param {Counts} counts @param {string} name @param {boolean} succeeded @returns {Counts} */
function checked(counts, name, succeeded) {
  if (counts.passed + counts.failed + counts.skipped.length === 0) fail(counts, `${name}: nothing ran`)
  else if (!succeeded && counts.failed === 0)
    fail(counts, `${name}: the run failed, though no test did; see above`)
  return counts
}

/** @param {Counts} counts @param {string} what */
function fail(counts, what) {
  counts.failed++
  counts.failures.push(what)
}

/** @param {string} file */
const readReport = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined)
