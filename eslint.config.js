import eslint from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import globals from 'globals'
import vue from 'eslint-plugin-vue'
import vueAccessibility from 'eslint-plugin-vuejs-accessibility'
import tseslint from 'typescript-eslint'

const workspaces = [
  'contracts',
  'domain',
  'analysis',
  'platform',
  'command-service',
  'query-service',
  'projector',
  'executor',
  'web',
  'infra',
  'tests',
]
const services = ['command-service', 'query-service', 'projector', 'executor']
const tests = ['**/*.test.ts', '**/*.spec.ts', '**/testing/**', 'tests/**']

/** What each folder may import of the others. A test may import more: see below. */
const mayImport = {
  contracts: [],
  domain: ['contracts'],
  analysis: ['contracts'],
  platform: ['contracts', 'domain'],
  'command-service': ['contracts', 'domain', 'analysis', 'platform'],
  'query-service': ['contracts', 'domain', 'platform'],
  projector: ['contracts', 'domain', 'platform'],
  executor: ['contracts', 'domain', 'analysis', 'platform'],
  web: ['contracts'],
  infra: ['contracts', 'domain', 'platform'],
}

/** Where a workspace is, when it is not in a folder of its own name. */
const folders = { analysis: 'packages/analysis' }

const restrictedImports = (folder, extra = []) => {
  const forbidden = workspaces.filter((name) => name !== folder && !mayImport[folder].includes(name))
  const allowed = mayImport[folder].length > 0 ? mayImport[folder].join(', ') : 'no other workspace'
  const message = `${folder} may import ${allowed}; imports go one way, see docs/architecture.md.`
  return [
    'error',
    {
      patterns: [
        { regex: `^@sre-portal/(${forbidden.join('|')})(/|$)`, message },
        { regex: `^(\\.\\./)+(${forbidden.join('|')})/`, message },
        ...extra,
      ],
    },
  ]
}

const onlyZod = {
  regex: '^(?!zod$|\\.)',
  message: 'contracts import only zod and themselves, see docs/architecture.md.',
}
const onlyContracts = {
  regex: '^(?!@sre-portal/contracts$|node:crypto$|node:net$|\\.)',
  message:
    'domain is pure and imports only contracts (and node:crypto for hashes, node:net to read addresses), see docs/architecture.md.',
}

const directions = Object.keys(mayImport).map((folder) => ({
  name: `imports of ${folder}`,
  files: [`${folders[folder] ?? folder}/**/*.{ts,vue}`],
  ignores: tests,
  rules: {
    'no-restricted-imports': restrictedImports(
      folder,
      folder === 'contracts' ? [onlyZod] : folder === 'domain' ? [onlyContracts] : [],
    ),
  },
}))

/** A service's tests may start the stack's parts, but a service never reaches into another one. */
const directionsOfTests = services.map((folder) => ({
  name: `imports of the tests of ${folder}`,
  files: [`${folder}/**/*.test.ts`, `${folder}/**/testing/**`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^@sre-portal/(${[...services, 'web'].filter((name) => name !== folder).join('|')})(/|$)`,
            message: 'Services never import each other, see docs/architecture.md.',
          },
        ],
      },
    ],
  },
}))

const composition = 'Only main.ts reads the environment and ends the process, see docs/architecture.md.'
const deterministic = 'domain is pure: clock, random and ids are parameters, see docs/architecture.md.'

export default defineConfig(
  globalIgnores([
    '**/node_modules',
    '**/dist',
    '**/coverage',
    '**/test-results',
    '**/playwright-report',
    '.data',
    '.cache',
    'web/generated',
    'web/*.d.ts',
    'tests/sandbox-attacks',
    'docs/figures',
  ]),
  { linterOptions: { noInlineConfig: true, reportUnusedInlineConfigs: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.{ts,vue}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // Control characters are looked for on purpose: in names, scripts and logs.
      'no-control-regex': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/return-await': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      'max-lines': ['error', 350],
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    ignores: ['web/**'],
    languageOptions: { globals: globals.node },
  },
  ...directions,
  ...directionsOfTests,
  {
    name: 'who reads the environment and ends the process',
    files: services.map((service) => `${service}/src/**/*.ts`),
    ignores: ['**/main.ts', '**/*Main.ts', ...tests],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: composition },
        { object: 'process', property: 'exit', message: composition },
      ],
      'no-console': 'error',
    },
  },
  {
    name: 'domain is pure',
    files: ['domain/src/**/*.ts'],
    ignores: tests,
    rules: {
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'fetch', 'console'].map(
        (rule) => (rule === 'error' ? rule : { name: rule, message: deterministic }),
      ),
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: deterministic },
        { object: 'Math', property: 'random', message: deterministic },
        { object: 'crypto', property: 'randomUUID', message: deterministic },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: deterministic },
      ],
    },
  },
  {
    name: 'portal',
    files: ['web/**/*.{ts,vue,js}'],
    languageOptions: { globals: globals.browser, parserOptions: { extraFileExtensions: ['.vue'] } },
  },
  {
    name: 'components of the portal',
    files: ['web/**/*.vue'],
    extends: [
      vue.configs['flat/recommended'],
      vueAccessibility.configs['flat/recommended'],
      vue.configs['no-layout-rules'],
    ],
    languageOptions: {
      parserOptions: {
        parser: tseslint.parser,
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.vue'],
      },
    },
    rules: {
      // TypeScript itself checks the names in scripts, vue-tsc those in templates; the linter sees no types through .vue.
      'no-undef': 'off',
      // Composables return plain functions, to be taken apart.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/no-v-html': 'error',
      'vue/require-default-prop': 'off',
      'vuejs-accessibility/label-has-for': ['error', { required: { some: ['nesting', 'id'] } }],
      // In a form that was just opened the first field is where the person is going to type.
      'vuejs-accessibility/no-autofocus': 'off',
    },
  },
  {
    name: 'scripts of the portal see .vue as untyped',
    files: ['web/**/*.ts'],
    rules: {
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    name: 'tests',
    files: tests,
    rules: { 'max-lines': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
)
