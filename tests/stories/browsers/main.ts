import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repository } from '@sre-portal/infra/stack/settings.ts'
import { makeDataFolder, removeDataFolder } from '../setup/dataFolder.ts'
import { startStack } from '../setup/stack.ts'
import { checks } from './checks.ts'
import { startChromium } from './chromium.ts'
import type { Engine } from './engine.ts'
import { startFirefox } from './firefox.ts'
import { aPerson } from './person.ts'
import { findPrograms, openDisplay } from './programs.ts'
import { startWebkit } from './webkit.ts'

const pictures = join(repository, 'test-results', 'browsers')

process.exitCode = await main(process.argv.slice(2))

/** Plays the checks in each engine, or in those that are named (chromium, firefox, webkit); answers the exit code. */
async function main(wanted: string[]): Promise<number> {
  const programs = findPrograms()
  await mkdir(pictures, { recursive: true })
  const given = process.env['STORIES_ADDRESS']
  const folder = given ? null : await makeDataFolder()
  const stack = folder ? await startStack(folder) : null
  const address = given ?? stack?.address ?? ''
  const display = await openDisplay(programs.xvfb)
  const starts: Record<string, () => Promise<Engine>> = {
    chromium: startChromium,
    firefox: () => startFirefox(programs.firefox),
    webkit: () => startWebkit(programs.webkitDriver, programs.webkitBrowser, display),
  }
  let [passed, failed] = [0, 0]
  try {
    for (const [name, start] of Object.entries(starts)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue
      const engine = await start()
      console.log(`\n=== ${engine.name}`)
      const counts = await playAll(name, engine, address)
      passed += counts.passed
      failed += counts.failed
      await engine.close()
    }
  } finally {
    await display.close()
    await stack?.stop()
    if (folder) await removeDataFolder(folder)
  }
  console.log(`\n${passed} passed, ${failed} failed; pictures in ${pictures}`)
  return failed === 0 && passed > 0 ? 0 : 1
}

async function playAll(name: string, engine: Engine, address: string) {
  const counts = { passed: 0, failed: 0 }
  for (const [index, check] of checks.entries()) {
    const startedAt = Date.now()
    const error = await check.play(aPerson(engine, address)).then(
      () => null,
      (cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause))),
    )
    counts[error ? 'failed' : 'passed'] += 1
    console.log(
      `${error ? 'failed' : 'passed'} ${check.name} (${Math.round((Date.now() - startedAt) / 1000)} s)`,
    )
    if (error) console.log(`       ${error.message}`)
    await writeFile(join(pictures, `${name}-${index + 1}.png`), await engine.screenshot())
  }
  return counts
}
