import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeOwnedFolder } from './ownedFolder.ts'

const partsDirectory = fileURLToPath(new URL('../../sandbox/', import.meta.url))
const refusal = 'data:text/javascript,throw new Error("Modules of Node.js are not available to scripts.")'

/** The folder that a sandbox process sees as its own: the runner, the import map, and an empty working directory. */
export class SandboxHome {
  #directory = ''

  /** Path of one of its files; makes the folder (again) when a cleaner of temporary files has removed it. */
  get paths(): { runner: string; importMap: string; empty: string } {
    if (!existsSync(join(this.#directory, 'runner.js'))) this.#create()
    return {
      runner: join(this.#directory, 'runner.js'),
      importMap: join(this.#directory, 'no-node.json'),
      empty: join(this.#directory, 'empty'),
    }
  }

  remove(): void {
    if (this.#directory) rmSync(this.#directory, { recursive: true, force: true })
  }

  #create(): void {
    this.#directory = makeOwnedFolder('sandbox')
    mkdirSync(join(this.#directory, 'empty'))
    writeFileSync(join(this.#directory, 'runner.js'), runnerSource(), { mode: 0o444 })
    writeFileSync(join(this.#directory, 'no-node.json'), JSON.stringify({ imports: refusedImports() }), {
      mode: 0o444,
    })
    chmodSync(join(this.#directory, 'empty'), 0o555)
    chmodSync(this.#directory, 0o755)
  }
}

const parts = [
  'primordials',
  'valueKinds',
  'writer',
  'refusal',
  'transport',
  'jsonNumbers',
  'turns',
  'exactJson',
  'postgresParameters',
  'postgres',
  'mongoTypes',
  'mongoValues',
  'mongo',
  'mongoCursor',
  'console',
  'main',
]

/** The modules of executor/sandbox joined into one, so that there is no file beside it which a script could import. */
function runnerSource(): string {
  return parts
    .map((part) => readFileSync(join(partsDirectory, `${part}.js`), 'utf8'))
    .map((source) =>
      source.replaceAll(/^import [^;]*? from '\.\/\w+\.js'$/gm, '').replaceAll(/^export /gm, ''),
    )
    .join('\n')
}

function refusedImports(): Record<string, string> {
  const names = builtinModules.filter((name) => !name.startsWith('_'))
  return Object.fromEntries(
    names.flatMap((name) => {
      const bare = name.replace(/^node:/, '')
      return [
        [bare, refusal],
        [`node:${bare}`, refusal],
      ]
    }),
  )
}

/** True when every folder above `path` lets all users pass, so that a process without rights can still start the file. */
export function reachableByOthers(path: string): boolean {
  if (!(statSync(path).mode & 0o005)) return false
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (!(statSync(folder).mode & 0o001)) return false
    if (folder === dirname(folder)) return true
  }
}
