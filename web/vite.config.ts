import ui from '@nuxt/ui/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { firstLoadBudget } from './firstLoadBudget.ts'

const solidHover = {
  primary: 'hover:bg-primary/90 active:bg-primary/90',
  success: 'hover:bg-success/90 active:bg-success/90',
  error: 'hover:bg-error/90 active:bg-error/90',
}

const goesAtOnce = { variants: { position: { popper: { content: 'data-[state=closed]:animate-none' } } } }

/** Functions and schemas of contracts whose calls only make another schema. */
const schemaMakers = [
  'listQuerySchema',
  'steppedPageOf',
  'pageOf',
  'lineOfText',
  'linesOfText',
  'searchedWords',
  'requestRowSchema',
  'requestSchema',
]

export default defineConfig({
  base: '/',
  // The gateway puts another one in its place in each page.
  html: { cspNonce: '__STYLE_NONCE__' },
  plugins: [
    vue(),
    firstLoadBudget(250_000),
    ui({
      dts: false,
      autoImport: false,
      colorMode: false,
      icon: { clientBundle: { scan: { globInclude: ['src/**/*.{vue,ts}'] } } },
      experimental: { componentDetection: true },
      ui: {
        colors: {
          primary: 'indigo',
          neutral: 'zinc',
          success: 'emerald',
          warning: 'amber',
          error: 'rose',
          info: 'sky',
        },
        // The kit's faded text and mid tones fall below 4.5:1 on their own tinted ground.
        alert: {
          slots: { description: 'opacity-100' },
          compoundVariants: [
            { color: 'warning', variant: 'subtle', class: { root: 'text-amber-900 dark:text-amber-200' } },
          ],
        },
        // Large enough for a finger: the kit's is 20 px.
        toast: { slots: { close: 'p-0.5' } },
        // Where the page is narrow its actions stand at the bottom, and no message may lie over them.
        toaster: { slots: { viewport: 'max-lg:bottom-20' } },
        // A menu that fades out holds the focus until it is gone: what is typed right after a choice would be lost.
        select: goesAtOnce,
        selectMenu: goesAtOnce,
        // The kit's hover lets so much of the ground through that white text on it fails 4.5:1.
        button: {
          compoundVariants: (['primary', 'success', 'error'] as const).map((color) => ({
            color,
            variant: 'solid' as const,
            class: solidHover[color],
          })),
        },
      },
    }),
  ],
  build: {
    assetsInlineLimit: 0,
    target: 'es2023',
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      // The schemas that a page doesn't use are left out.
      treeshake: { manualPureFunctions: schemaMakers },
      output: {
        // zod is told not to try eval before any schema exists: both in one chunk, which runs first.
        // What is a few lines on most pages goes together: a chunk by itself costs as much again.
        codeSplitting: {
          groups: [
            { name: 'zod', test: /node_modules[\\/]zod[\\/]|strictPolicy/ },
            { name: 'common', test: /(isolated|sharedNow|idempotencyKey|useOpened|refreshQueries)\.ts$/ },
          ],
        },
      },
    },
  },
  server: { port: 5173, proxy: { '/api': 'http://127.0.0.1:8080' } },
})
