import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findBrowser } from './browser.mjs'
import { countCheck, countPlaywright, countVitest, nothing } from './counts.mjs'

const stepMinutes = 30

/**
 * Everything that is checked, in order: the quick ones first.
 * @param {string} repository
 * @param {string} reports folder for the reports
 * @returns {{ name: string, run: () => Promise<import('./counts.mjs').Counts> }[]}
 */
export function steps(repository, reports) {
  const bin = (/** @type {string[]} */ ...path) => join(repository, 'node_modules', ...path)
  const execute = (args, more = {}) => runNode(args, { cwd: repository, ...more })

  const check = (name, args, more) => ({ name, run: async () => countCheck(name, await execute(args, more)) })
  const vitest = (/** @type {string} */ project) => ({
    name: project,
    run: async () => {
      const report = join(reports, `${project}.json`)
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
      return countVitest(
        project,
        report,
        await execute([bin('vitest', 'vitest.mjs'), 'run', '--project', project, ...reporters]),
      )
    },
  })

  return [
    check('types', [bin('typescript', 'bin', 'tsc'), '--noEmit', '-p', 'tsconfig.json']),
    check('types of the stories', [
      bin('typescript', 'bin', 'tsc'),
      '--noEmit',
      '-p',
      'tests/stories/tsconfig.json',
    ]),
    {
      name: 'types of the portal',
      run: async () => {
        const cwd = join(repository, 'web')
        const prepared = await execute(['prepareKitTypes.mjs'], { cwd })
        const passed =
          prepared &&
          (await execute([bin('vue-tsc', 'bin', 'vue-tsc.js'), '--noEmit', '-p', 'tsconfig.json'], { cwd }))
        return countCheck('types of the portal', passed)
      },
    },
    check('lint', [bin('eslint', 'bin', 'eslint.js'), '.', '--max-warnings', '0']),
    check('format', [bin('prettier', 'bin', 'prettier.cjs'), '--check', '.']),
    vitest('unit'),
    vitest('web'),
    vitest('int'),
    { name: 'stories', run: stories },
  ]

  async function stories() {
    const config = join(repository, 'tests', 'stories', 'playwright.config.ts')
    if (!existsSync(config)) return { ...nothing(), skipped: [`stories: there is no ${config}`] }
    const report = join(reports, 'stories.json')
    const env = { CHROMIUM: await findBrowser(repository), PLAYWRIGHT_JSON_OUTPUT_FILE: report, CI: '1' }
    const args = [bin('@playwright', 'test', 'cli.js'), 'test', '-c', config, '--reporter=list,json']
    return countPlaywright('stories', report, await execute(args, { env }))
  }
}

/** Runs node without a terminal's input; false when it fails or takes too long. */
function runNode(args, { cwd, env = {} }) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const limit = setTimeout(() => {
      console.log(`This took more than ${stepMinutes} minutes and is ended.`)
      child.kill('SIGKILL')
    }, stepMinutes * 60_000)
    child.once('error', (error) => {
      console.log(error.message)
      resolve(false)
    })
    child.once('close', (code) => {
      clearTimeout(limit)
      resolve(code === 0)
    })
  })
}
