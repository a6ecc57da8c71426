import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What package-lock.json asks for and node_modules has not: npm notes what it installed in node_modules/.package-lock.json, last of all.
 * What was noted may have been deleted since.
 * @param {string} repository
 * @param {{ dev: boolean }} wanted
 * @returns {string[]} folders of the missing or outdated packages
 */
export function missingPackages(repository, { dev }) {
  const lock = readPackages(join(repository, 'package-lock.json'))
  const installed = readPackages(join(repository, 'node_modules', '.package-lock.json'))
  return Object.entries(lock)
    .filter(
      ([path, entry]) =>
        path.includes('node_modules/') && !entry.optional && !entry.peer && (dev || !entry.dev),
    )
    .filter(([path, entry]) => {
      const found = installed[path]
      return (
        !found ||
        found.version !== entry.version ||
        found.resolved !== entry.resolved ||
        found.link !== entry.link ||
        !existsSync(join(repository, path, 'package.json'))
      )
    })
    .map(([path]) => path)
}

/**
 * True where somebody works with the checkout: what is for its tests and checks is there too, and npm ci without it would remove it.
 * @param {string} repository
 */
export function hasDevPackages(repository) {
  const lock = readPackages(join(repository, 'package-lock.json'))
  return Object.entries(lock).some(
    ([path, { dev }]) =>
      dev === true && path.includes('node_modules/') && existsSync(join(repository, path, 'package.json')),
  )
}

/** @param {string} file @returns {Record<string, Record<string, unknown>>} */
function readPackages(file) {
  if (!existsSync(file)) return {}
  return JSON.parse(readFileSync(file, 'utf8')).packages
}

/**
 * Runs npm ci when packages are missing, telling how far it is. Packages for development stay where there are any.
 * @param {string} repository
 * @param {{ dev: boolean }} wanted
 */
export async function install(repository, wanted) {
  const missing = missingPackages(repository, wanted)
  if (missing.length === 0) return
  const dev = wanted.dev || hasDevPackages(repository)
  console.log(`Installing ${missing.length} packages (npm ci); the first time this takes up to a minute.`)
  const startedAt = Date.now()
  const ticker = setInterval(() => {
    const there = missing.filter((path) => existsSync(join(repository, path, 'package.json'))).length
    console.log(
      `  ${Math.round((Date.now() - startedAt) / 1000)} s: ${there} of ${missing.length} packages are in place`,
    )
  }, 5_000)
  try {
    await npm(repository, ['ci', '--no-audit', '--no-fund', ...(dev ? ['--include=dev'] : ['--omit=dev'])])
  } finally {
    clearInterval(ticker)
  }
  console.log(`Installed in ${Math.round((Date.now() - startedAt) / 1000)} s.`)
}

/** @param {string} repository @param {string[]} args */
function npm(repository, args) {
  const own = process.env.npm_execpath
  const [program, first] = own?.endsWith('.js') ? [process.execPath, [own]] : ['npm', []]
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...first, ...args], {
      cwd: repository,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('error', (error) => reject(new Error(`npm could not be started: ${error.message}`)))
    child.once('close', (code) =>
      code === 0 ? resolve(undefined) : reject(new Error(`npm ci failed; what it says above is the reason.`)),
    )
  })
}
