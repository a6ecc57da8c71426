import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const macApps = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/**
 * A Chromium for the stories: the one that CHROMIUM names, else the system's, else Playwright's own, downloaded when it can be, else Debian's
 * package, installed when we may. Throws an Error that names the package otherwise.
 * @param {string} repository
 * @returns {Promise<string>} path of the program
 */
export async function findBrowser(repository) {
  const named = process.env.CHROMIUM
  if (named) {
    if (isProgram(named)) return named
    throw new Error(`CHROMIUM names ${named}, which is no program that can be run.`)
  }
  const there = installed() ?? (await ofPlaywright())
  if (there) return there
  console.log('There is no Chromium on this machine; downloading the one of Playwright.')
  run(process.execPath, [
    join(repository, 'node_modules', '@playwright', 'test', 'cli.js'),
    'install',
    'chromium',
  ])
  const downloaded = await ofPlaywright()
  if (downloaded) return downloaded
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    console.log('The download did not work; installing the Debian package chromium.')
    const quiet = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    if (run('apt-get', ['update', '-q'], quiet)) run('apt-get', ['install', '-y', '-q', 'chromium'], quiet)
    const packaged = installed()
    if (packaged) return packaged
  }
  throw new Error(
    'The stories need a browser and there is none. Install the package chromium (Debian: apt-get install chromium; macOS: brew install --cask ' +
      'chromium), or name one: CHROMIUM=/path/to/chromium npm test',
  )
}

function installed() {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const paths = [...names.flatMap((name) => folders.map((folder) => join(folder, name))), ...macApps]
  return paths.find(isProgram)
}

async function ofPlaywright() {
  const { chromium } = await import('@playwright/test')
  const path = chromium.executablePath()
  return isProgram(path) ? path : undefined
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
const run = (program, args, env) =>
  spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env: env ?? process.env }).status === 0
