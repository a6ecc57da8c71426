import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { repository } from '@sre-portal/infra/stack/settings.ts'
import { makeDataFolder, removeDataFolder } from '../stories/setup/dataFolder.ts'
import { startStack } from '../stories/setup/stack.ts'
import { createPortal } from '../stories/support/portal.ts'
import { askMore } from './askMore.ts'
import { takePictures } from './pictures.ts'

/** Makes the pictures of the README from the demonstration: node --import tsx tests/screenshots/main.ts */
const folder = await makeDataFolder()
const stack = await startStack(folder).catch(async (error: unknown) => {
  await removeDataFolder(folder)
  throw error
})
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--font-render-hinting=none'],
})
try {
  const portal = createPortal(stack.address, browser)
  await askMore(portal)
  const images = join(repository, 'docs', 'images')
  await mkdir(images, { recursive: true })
  for (const file of await takePictures(portal, images)) console.log(file)
  await portal.close()
} finally {
  await browser.close()
  await stack.stop()
  await removeDataFolder(folder)
}
