import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hashSources } from './build.mjs'
import { hasDevPackages, install, missingPackages } from './install.mjs'
import { nodeFault } from './node.mjs'
import { readOptions } from './options.mjs'

const program = fileURLToPath(new URL('../start.mjs', import.meta.url))
const start = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })

test('a Node that is too old is named, with the one that is needed', () => {
  for (const good of ['20.19.0', '20.20.2', '22.1.0', '26.0.0']) expect(nodeFault(good)).toBeUndefined()
  for (const old of ['20.18.3', '18.20.0', '8.1.0'])
    expect(nodeFault(old)).toContain(`needs Node 20.19 or newer; this is Node ${old}`)
})

describe('the command line', () => {
  test('has options for what one changes', () => {
    expect(readOptions([])).toEqual({
      help: false,
      fresh: false,
      port: undefined,
      dataDir: undefined,
      withMongo: false,
    })
    expect(readOptions(['--fresh', '--port', '0', '--data-dir=/tmp/x', '--with-mongo'])).toEqual({
      help: false,
      fresh: true,
      port: '0',
      dataDir: '/tmp/x',
      withMongo: true,
    })
  })

  test.each([
    [['--fersh'], "Unknown option '--fersh'"],
    [['now'], "Unexpected argument 'now'"],
    [['--port', '80a'], '--port takes a number from 0 to 65535, not "80a".'],
    [['--port', '65536'], '--port takes a number from 0 to 65535, not "65536".'],
    [['--port'], "Option '--port <value>' argument missing"],
    [['--data-dir='], '--data-dir takes the path of a folder.'],
  ])('%j is refused in words, with the options there are, and nothing is started', (args, words) => {
    const { status, stdout, stderr } = start(...args)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(words)
    expect(stderr).toContain('--data-dir <path>')
  })

  test('--help explains and starts nothing', () => {
    const { status, stdout } = start('--help')
    expect(status).toBe(0)
    expect(stdout).toContain('Usage: npm start -- [options]')
  })
})

test('a portal that runs already is named before anything is installed or built', async () => {
  const running = createServer((_request, response) => response.end('{"live":true}')).listen(0, '127.0.0.1')
  await once(running, 'listening')
  const { port } = running.address() as AddressInfo
  const folder = mkdtempSync(join(tmpdir(), 'data-'))
  writeFileSync(join(folder, 'stack.lock'), JSON.stringify({ address: `http://127.0.0.1:${port}` }))
  const child = spawn(process.execPath, [program, '--data-dir', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [said, exit] = await Promise.all([text(child.stderr), once(child, 'exit')])
  expect(said).toContain(`The portal runs already at http://127.0.0.1:${port}. Stop that one first`)
  expect(exit).toEqual([1, null])
  running.close()
  rmSync(folder, { recursive: true })
})

describe('what has to be done before starting', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'checkout-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function write(path: string, content: string | object): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content))
  }

  test('packages are missing when they are not there, deleted, of another version, or from another place', () => {
    const a = { version: '1.0.0', resolved: 'https://registry.test/a.tgz' }
    const b = { version: '2.0.0', resolved: 'https://registry.test/b.tgz' }
    const packages = {
      '': { version: '9.9.9' },
      web: { version: '1.0.0' },
      'node_modules/a': a,
      'node_modules/b': b,
      'node_modules/@x/web': { resolved: 'web', link: true },
      'node_modules/dev': { ...a, dev: true },
      'node_modules/for-macos': { ...a, optional: true },
    }
    write('package-lock.json', { packages })
    const all = ['node_modules/a', 'node_modules/b', 'node_modules/@x/web']
    expect(missingPackages(folder, { dev: false })).toEqual(all)
    expect(missingPackages(folder, { dev: true })).toEqual([...all, 'node_modules/dev'])
    for (const path of [...all, 'node_modules/dev']) write(`${path}/package.json`, {})
    const installed = { ...packages, 'node_modules/b': { ...b, version: '2.0.1' } }
    write('node_modules/.package-lock.json', { packages: installed })
    expect(missingPackages(folder, { dev: true })).toEqual(['node_modules/b'])
    write('node_modules/.package-lock.json', { packages })
    expect(missingPackages(folder, { dev: true })).toEqual([])
    rmSync(join(folder, 'node_modules/a'), { recursive: true })
    expect(missingPackages(folder, { dev: true })).toEqual(['node_modules/a'])
  })

  test(
    'packages for development stay where they are, when others are missing',
    { timeout: 120_000 },
    async () => {
      const linked: Record<string, object> = {}
      for (const [name, dev] of Object.entries({ used: {}, tool: { dev: true }, other: {} })) {
        write(`packages/${name}/package.json`, { name, version: '1.0.0' })
        linked[`packages/${name}`] = { version: '1.0.0', ...dev }
        linked[`node_modules/${name}`] = { resolved: `packages/${name}`, link: true, ...dev }
      }
      const wanted = {
        name: 'checkout',
        version: '1.0.0',
        dependencies: { used: 'file:packages/used', other: 'file:packages/other' },
        devDependencies: { tool: 'file:packages/tool' },
      }
      write('package.json', wanted)
      write('package-lock.json', {
        name: 'checkout',
        lockfileVersion: 3,
        packages: { '': wanted, ...linked },
      })
      const there = () =>
        ['used', 'other', 'tool'].filter((name) =>
          existsSync(join(folder, 'node_modules', name, 'package.json')),
        )

      await install(folder, { dev: false })
      expect([there(), hasDevPackages(folder)]).toEqual([['used', 'other'], false])
      rmSync(join(folder, 'node_modules/used'), { recursive: true })
      await install(folder, { dev: false })
      expect(there()).toEqual(['used', 'other'])

      await install(folder, { dev: true })
      expect([there(), hasDevPackages(folder)]).toEqual([['used', 'other', 'tool'], true])
      rmSync(join(folder, 'node_modules/used'), { recursive: true })
      await install(folder, { dev: false })
      expect(there()).toEqual(['used', 'other', 'tool'])
    },
  )

  test('the portal is built again when one of its sources changed, came or went, and only then', () => {
    for (const path of [
      'web/package.json',
      'web/src/main.ts',
      'contracts/package.json',
      'contracts/src/index.ts',
    ])
      write(path, path)
    write('package-lock.json', '{}')
    const first = hashSources(folder)
    write('web/dist/index.html', 'built')
    write('web/node_modules/x/index.js', 'installed')
    write('query-service/src/main.ts', 'something else')
    expect(hashSources(folder)).toBe(first)
    const seen = new Set([first])
    write('contracts/src/index.ts', 'changed')
    seen.add(hashSources(folder))
    write('web/src/new.vue', 'new')
    seen.add(hashSources(folder))
    write('package-lock.json', '{ }')
    seen.add(hashSources(folder))
    rmSync(join(folder, 'web/src/main.ts'))
    seen.add(hashSources(folder))
    expect(seen.size).toBe(5)
  })
})
