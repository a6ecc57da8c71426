import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { repository } from '@sre-portal/infra/stack/settings.ts'
import { findBrowser } from '@sre-portal/infra/testing/browser.mjs'
import type { Check } from './checks/check.ts'
import { titlePattern, type Ran } from './judge.ts'

const isStory = (file: string) => file.endsWith('.story.ts')

/** The files and titles that the checks name, of stories or of all other tests. */
function named(checks: readonly Check[], stories: boolean) {
  const entries = checks
    .flatMap(({ shownBy }) => Object.entries(shownBy))
    .filter(([file]) => isStory(file) === stories)
  const files = [...new Set(entries.map(([file]) => file))]
  const titles = [...new Set(entries.flatMap(([, of]) => of))].map(titlePattern).join('|')
  return { files, titles }
}

interface VitestReport {
  testResults: { name: string; assertionResults: { title: string; status: string }[] }[]
}

/** Runs the tests that the checks name, and no others of their files. */
export async function runVitest(checks: readonly Check[], reports: string): Promise<Ran[]> {
  const { files, titles } = named(checks, false)
  if (files.length === 0) return []
  const report = join(reports, 'vitest.json')
  const program = join(repository, 'node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  await node([program, 'run', ...files, '-t', titles, ...reporters])
  return readReport<VitestReport>(report).testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'passed' || status === 'failed')
      .map(({ title, status }) => ({ file: relative(repository, name), title, passed: status === 'passed' })),
  )
}

interface Suite {
  file: string
  suites?: Suite[]
  specs?: { title: string; tests: { status: string }[] }[]
}

/** Runs the stories that the checks name, in a browser on a stack of their own. */
export async function runStories(checks: readonly Check[], reports: string): Promise<Ran[]> {
  const { files, titles } = named(checks, true)
  if (files.length === 0) return []
  const report = join(reports, 'stories.json')
  const config = join(repository, 'tests', 'stories', 'playwright.config.ts')
  const program = join(repository, 'node_modules', '@playwright', 'test', 'cli.js')
  const env = { CHROMIUM: await findBrowser(repository), PLAYWRIGHT_JSON_OUTPUT_FILE: report, CI: '1' }
  await node([program, 'test', '-c', config, '--reporter=list,json', '-g', titles, ...files], env)
  const specsOf = ({ file, suites = [], specs = [] }: Suite): Ran[] => [
    ...specs.map(({ title, tests }) => ({
      file: join('tests', 'stories', file),
      title,
      passed: tests.length > 0 && tests.every(({ status }) => status === 'expected'),
    })),
    ...suites.flatMap(specsOf),
  ]
  return readReport<{ suites: Suite[] }>(report).suites.flatMap(specsOf)
}

function readReport<T>(file: string): T {
  if (!existsSync(file)) throw new Error('The tests ended without a report; see above.')
  return JSON.parse(readFileSync(file, 'utf8')) as T
}

/** Whether it succeeded is in the report. */
function node(args: string[], env: Record<string, string> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: repository,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('error', reject)
    child.once('close', () => resolve())
  })
}
