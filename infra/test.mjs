import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeFault } from './start/node.mjs'

const repository = dirname(dirname(fileURLToPath(import.meta.url)))
process.exit(await main(process.argv.slice(2)))

/**
 * Sets up what is missing, runs every check (or those that are named), and closes with how many passed and failed.
 * @param {string[]} wanted
 * @returns {Promise<number>} the exit code
 */
async function main(wanted) {
  const fault = nodeFault(process.versions.node)
  if (fault) return failed(fault)
  const reports = mkdtempSync(join(tmpdir(), 'sre-portal-reports-'))
  try {
    const { install } = await import('./start/install.mjs')
    await install(repository, { dev: true })
    const { build } = await import('./start/build.mjs')
    await build(repository)
    const { steps } = await import('./testing/steps.mjs')
    const all = steps(repository, reports)
    const chosen = wanted.length === 0 ? all : all.filter(({ name }) => wanted.includes(name))
    const unknown = wanted.filter((name) => !all.some((step) => step.name === name))
    if (unknown.length > 0)
      return failed(
        `There is no check "${unknown[0]}"; there are: ${all.map(({ name }) => name).join(', ')}.`,
      )
    return await runAll(chosen)
  } catch (error) {
    return failed(error.message)
  } finally {
    rmSync(reports, { recursive: true, force: true })
  }
}

/** @param {ReturnType<import('./testing/steps.mjs').steps>} chosen */
async function runAll(chosen) {
  const { countCheck, sum } = await import('./testing/counts.mjs')
  const results = []
  for (const { name, run } of chosen) {
    console.log(`\n=== ${name}`)
    const startedAt = Date.now()
    const counts = await run().catch((error) => {
      console.log(error.message)
      return countCheck(`${name}: ${error.message}`, false)
    })
    results.push({ name, counts, seconds: Math.round((Date.now() - startedAt) / 1000) })
  }
  console.log('\n=== summary')
  for (const { name, counts, seconds } of results)
    console.log(
      `${name.padEnd(20)} ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped.length} skipped in ${seconds} s`,
    )
  const { passed, failed, skipped, failures } = sum(results.map(({ counts }) => counts))
  for (const what of failures) console.log(`failed: ${what}`)
  for (const what of skipped) console.log(`skipped: ${what}`)
  console.log(`${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`)
  return failed === 0 && passed > 0 ? 0 : 1
}

/** @param {string} message */
function failed(message) {
  console.log(`\n${message}\n\n0 passed, 1 failed`)
  return 1
}
