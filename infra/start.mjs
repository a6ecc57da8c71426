import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeFault } from './start/node.mjs'

const repository = dirname(dirname(fileURLToPath(import.meta.url)))

process.exitCode = await start()
// Nothing may keep a stopped stack's process alive: a forgotten handle would look like a hang.
process.exit()

/** @returns {Promise<number>} the exit code */
async function start() {
  const fault = nodeFault(process.versions.node)
  if (fault) return failed(fault, 1)
  const { help, readOptions } = await import('./start/options.mjs')
  let options
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    return failed(`${error.message}\n\n${help}`, 2)
  }
  if (options.help) {
    console.log(help)
    return 0
  }
  if (options.port !== undefined) process.env.PORT = options.port
  if (options.dataDir !== undefined) process.env.DATA_DIR = options.dataDir
  if (options.withMongo) process.env.WITH_MONGO = 'true'
  const { runningAddress } = await import('./start/running.mjs')
  const address = await runningAddress(repository, process.env.DATA_DIR ?? '.data')
  if (address) return failed(runsAlready(address), 1)
  try {
    const { install } = await import('./start/install.mjs')
    await install(repository, { dev: false })
  } catch (error) {
    return failed(error.message, 1)
  }
  // Installed only now: from here on TypeScript runs in this process too.
  const { register } = await import('tsx/esm/api')
  register()
  const { runStack } = await import('./stack/main.ts')
  const { build } = await import('./start/build.mjs')
  return runStack({ fresh: options.fresh, portalBuilt: build(repository) })
}

/** @param {string} address */
function runsAlready(address) {
  return (
    `The portal runs already at ${address}. Stop that one first (Ctrl-C where it runs), ` +
    'or start a second one beside it: npm start -- --port 0 --data-dir <folder>'
  )
}

/** @param {string} message @param {number} code */
function failed(message, code) {
  console.error(`\n${message}\n`)
  return code
}
