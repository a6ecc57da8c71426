import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { engineFlags } from './engineFlags.mjs'

it('are those of the command in package.json too', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    scripts: { eventstore: string }
  }
  expect(scripts.eventstore).toBe(`node ${engineFlags.join(' ')} --import tsx infra/event-store/main.ts`)
})
