import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // A busy machine may take longer than the usual 10 s to end the workers and the tests' PostgreSQL.
    teardownTimeout: 60_000,
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            '{contracts,domain,packages,platform,command-service,query-service,projector,executor,infra,tests}/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/*.int.test.ts'],
        },
      },
      {
        test: {
          name: 'int',
          include: [
            '{packages,platform,command-service,query-service,projector,executor,infra,tests}/**/*.int.test.ts',
          ],
          exclude: ['**/node_modules/**'],
          globalSetup: ['./tests/setup/globalSetup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // What is waited for comes later on a busy machine; the usual second is for one at rest.
          expect: { poll: { timeout: 20_000 } },
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      './web/vitest.config.*',
    ],
  },
})
