import { gzipSync } from 'node:zlib'
import type { Plugin, Rolldown } from 'vite'

type Bundle = Record<string, Rolldown.OutputChunk | Rolldown.OutputAsset>

/** What each page loads before it shows anything, in bytes after gzip: the entry, the page, and all that they import. */
export function firstLoads(bundle: Bundle): Record<string, number> {
  const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
  const entry = chunks.find((chunk) => chunk.isEntry)
  if (!entry) throw new Error('The build has no entry.')
  const pages = chunks.filter(
    (chunk) => chunk.isDynamicEntry && /View\.vue$/.test(chunk.facadeModuleId ?? ''),
  )
  const sizes = new Map<string, number>()
  const sizeOf = (fileName: string) => {
    const known = sizes.get(fileName)
    if (known !== undefined) return known
    const file = bundle[fileName]
    const size = file ? gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 }).length : 0
    sizes.set(fileName, size)
    return size
  }
  return Object.fromEntries(
    pages.map((page) => {
      const files = filesOf(bundle, [entry.fileName, page.fileName])
      return [page.name, [...files].reduce((sum, fileName) => sum + sizeOf(fileName), 0)]
    }),
  )
}

/** The chunks and style sheets that these chunks need, themselves included. */
function filesOf(bundle: Bundle, fileNames: string[]): Set<string> {
  const found = new Set<string>()
  const follow = (fileName: string) => {
    if (found.has(fileName)) return
    found.add(fileName)
    const file = bundle[fileName]
    if (file?.type !== 'chunk') return
    file.imports.forEach(follow)
    file.viteMetadata?.importedCss.forEach(follow)
  }
  fileNames.forEach(follow)
  return found
}

/** Fails the build when a page's first load is larger than `maxBytes` after gzip. */
export function firstLoadBudget(maxBytes: number): Plugin {
  return {
    name: 'first-load-budget',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const loads = Object.entries(firstLoads(bundle))
        if (loads.length === 0) this.error('The first loads could not be measured: no page was found.')
        const tooLarge = loads.filter(([, bytes]) => bytes > maxBytes)
        if (tooLarge.length === 0) return
        const list = tooLarge.map(([page, bytes]) => `${page} ${bytes}`).join(', ')
        this.error(`The first load of a page has at most ${maxBytes} bytes after gzip; too large: ${list}.`)
      },
    },
  }
}
