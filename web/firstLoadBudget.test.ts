import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { firstLoads } from './firstLoadBudget.ts'

type Bundle = Parameters<typeof firstLoads>[0]

const chunk = (fileName: string, code: string, part: object = {}) => ({
  type: 'chunk',
  fileName,
  name: fileName.replace('.js', ''),
  code,
  imports: [],
  isEntry: false,
  isDynamicEntry: false,
  facadeModuleId: null,
  ...part,
})
const page = (name: string, code: string, imports: string[]) =>
  chunk(`${name}.js`, code, { imports, isDynamicEntry: true, facadeModuleId: `/src/${name}.vue` })
const size = (text: string) => gzipSync(text, { level: 9 }).length

it('counts what a page and the entry need once, and nothing that is loaded later', () => {
  const files = [
    chunk('index.js', 'entry', {
      isEntry: true,
      imports: ['vue.js'],
      viteMetadata: { importedCss: ['a.css'] },
    }),
    chunk('vue.js', 'framework', { imports: ['index.js'] }),
    chunk('grid.js', 'a grid', { imports: ['vue.js'] }),
    page('ListView', 'the list', ['vue.js', 'grid.js']),
    page('LoginView', 'the login', ['vue.js']),
    chunk('Dialog.js', 'later', { isDynamicEntry: true, facadeModuleId: '/src/Dialog.vue' }),
    { type: 'asset', fileName: 'a.css', source: '.a { color: red }' },
  ]
  const bundle = Object.fromEntries(files.map((file) => [file.fileName, file])) as unknown as Bundle
  const shell = size('entry') + size('framework') + size('.a { color: red }')
  expect(firstLoads(bundle)).toEqual({
    ListView: shell + size('the list') + size('a grid'),
    LoginView: shell + size('the login'),
  })
})
