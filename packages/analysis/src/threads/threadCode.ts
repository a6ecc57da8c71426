import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build, stop } from 'esbuild'
import type { TextKind } from './messages.ts'

type Codes = Record<TextKind, string>

const kinds: TextKind[] = ['sql', 'mongo', 'script']
const { resolve } = createRequire(import.meta.url)

let codes: Promise<Codes> | null = null

/**
 * What a thread for this kind of text runs, in one piece of JavaScript. A thread that loaded TypeScript would need the loader, a thread of
 * the loader's own, and several times the memory and the time of the parser itself.
 */
export async function threadCode(kind: TextKind): Promise<string> {
  codes ??= buildAll()
  try {
    return (await codes)[kind]
  } catch (error) {
    codes = null
    throw error
  }
}

async function buildAll(): Promise<Codes> {
  try {
    const [sql, mongo, script] = await Promise.all(kinds.map(buildOne))
    return { sql: sql ?? '', mongo: mongo ?? '', script: script ?? '' }
  } finally {
    await stop()
  }
}

async function buildOne(kind: TextKind): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`./${kind}Thread.ts`, import.meta.url))],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: `node${process.versions.node}`,
    logLevel: 'silent',
    // Of the driver only its values are needed.
    alias: { mongodb: bson() },
    plugins: [
      {
        // It looks for its WebAssembly beside its own file.
        name: 'parser that stays where it is',
        setup: (bundle) =>
          bundle.onResolve({ filter: /^libpg-query$/ }, ({ path }) => ({
            path: resolve(path),
            external: true,
          })),
      },
    ],
  })
  return outputFiles.map(({ text }) => text).join('\n')
}

const bson = () => createRequire(resolve('mongodb')).resolve('bson')
