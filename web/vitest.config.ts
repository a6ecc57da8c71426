import { mergeConfig } from 'vite'
import { defineConfig } from 'vitest/config'
import portal from './vite.config.ts'

export default mergeConfig(
  portal,
  defineConfig({
    test: {
      name: 'web',
      root: import.meta.dirname,
      include: ['src/**/*.test.ts', '*.test.ts'],
      environment: 'happy-dom',
      environmentOptions: { happyDOM: { url: 'http://127.0.0.1/' } },
      restoreMocks: true,
      isolate: false,
    },
  }),
)
