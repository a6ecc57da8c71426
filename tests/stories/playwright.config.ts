import { defineConfig } from '@playwright/test'

/**
 * Stories: what a person does in a real browser, on the real stack with its demonstration. The stack is started once; CHROMIUM names another
 * browser, and STORIES_ADDRESS a portal with the demonstration in it that runs already.
 */
export default defineConfig({
  testDir: '.',
  testMatch: '**/*.story.ts',
  outputDir: '../../test-results/stories',
  globalSetup: './setup/globalSetup.ts',
  workers: 1,
  retries: 0,
  forbidOnly: process.env['CI'] !== undefined,
  timeout: 90_000,
  globalTimeout: 25 * 60_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['./setup/summaryReporter.ts']],
  use: {
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width: 1440, height: 900 },
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
