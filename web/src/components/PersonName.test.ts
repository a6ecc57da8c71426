import { expect, it } from 'vitest'
import { mountInPortal } from '../testing/mountInPortal.ts'
import PersonName from './PersonName.vue'

const textOf = (name: string, avatar: boolean | 'alone') =>
  mountInPortal(PersonName, { props: { name, avatar } }).text()

it('shows a name once: alone, behind its initials, or not at all where the initials stand beside it', () => {
  expect([false, true, 'alone' as const].map((avatar) => textOf('Mara Lindqvist', avatar))).toEqual([
    'Mara Lindqvist',
    'MLMara Lindqvist',
    'ML',
  ])
})

it('takes whole characters as initials', () => {
  expect(textOf('🦊 Éloïse Ott', 'alone')).toBe('🦊É')
})
