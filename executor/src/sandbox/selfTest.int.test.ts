import { afterAll, expect, test } from 'vitest'
import { Sandbox } from './sandbox.ts'
import { runSelfTest } from './selfTest.ts'

const sandbox = new Sandbox({ keepSpare: false })
afterAll(() => sandbox.close())

test('the self-test of the sandbox passes here', async () => {
  expect(await runSelfTest(sandbox)).toMatchObject({ passed: true, failures: [] })
})
