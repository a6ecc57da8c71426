import { expect, it } from 'vitest'
import { createFailpoints } from './failpoint.ts'

it('does nothing unless it is switched on', () => {
  expect(() => createFailpoints(undefined)('after-claim')).not.toThrow()
  expect(() => createFailpoints('after-claim:throw')('before-claim')).not.toThrow()
})

it('throws at its place', () => expect(() => createFailpoints('a:throw,b:throw')('b')).toThrow('failpoint b'))

it('refuses what it does not know', () => expect(() => createFailpoints('a:explode')).toThrow(/must end in/))
