import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const sources = ['web', 'contracts/package.json', 'contracts/src', 'package-lock.json']
const notSources = new Set(['node_modules', 'dist', 'generated', 'test-results'])

/**
 * One hash over everything that the built portal is made of.
 * @param {string} repository
 */
export function hashSources(repository) {
  const hash = createHash('sha256')
  const add = (/** @type {string} */ path) => {
    const full = join(repository, path)
    const entries = entriesOf(full)
    if (!entries) return void hash.update(path).update('\0').update(readFileSync(full)).update('\0')
    for (const name of entries.sort()) if (!notSources.has(name)) add(`${path}/${name}`)
  }
  sources.forEach(add)
  return hash.digest('hex')
}

/** @param {string} path @returns {string[] | undefined} */
function entriesOf(path) {
  try {
    return readdirSync(path)
  } catch (error) {
    if (error.code === 'ENOTDIR') return undefined
    throw error
  }
}

/**
 * Builds the portal unless it was built from exactly these sources.
 * @param {string} repository
 */
export async function build(repository) {
  const dist = join(repository, 'web', 'dist')
  const marker = join(dist, '.sources.sha256')
  const hash = hashSources(repository)
  if (existsSync(join(dist, 'index.html')) && existsSync(marker) && readFileSync(marker, 'utf8') === hash)
    return
  console.log('Building the portal.')
  const startedAt = Date.now()
  await vite(join(repository, 'web'), join(repository, 'node_modules', 'vite', 'bin', 'vite.js'))
  writeFileSync(marker, hash)
  console.log(`Built in ${Math.round((Date.now() - startedAt) / 1000)} s.`)
}

/** @param {string} web @param {string} program */
function vite(web, program) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, 'build', '--logLevel', 'warn'], {
      cwd: web,
      env: { ...process.env, NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(undefined) : reject(new Error(`The portal could not be built:\n${said}`)),
    )
  })
}
