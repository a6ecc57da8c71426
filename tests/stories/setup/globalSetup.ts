import { makeDataFolder, removeDataFolder, removeWhatKilledRunsLeft } from './dataFolder.ts'
import { startStack } from './stack.ts'

/** One stack for all stories; answers how to stop it. */
export default async function setUp(): Promise<() => Promise<void>> {
  if (process.env['STORIES_ADDRESS']) return async () => {}
  await removeWhatKilledRunsLeft()
  const folder = await makeDataFolder()
  const stack = await startStack(folder).catch(async (error: unknown) => {
    await removeDataFolder(folder)
    throw error
  })
  process.env['STORIES_ADDRESS'] = stack.address
  return async () => {
    await stack.stop()
    await removeDataFolder(folder)
  }
}
