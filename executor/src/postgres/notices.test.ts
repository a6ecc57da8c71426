import { expect, test } from 'vitest'
import { KeptBytes } from '../results/keptBytes.ts'
import { Notices } from './notices.ts'

const many = (notices: Notices, count: number, severity: string) => {
  for (let at = 0; at < count; at++) notices.take({ severity, message: `${severity} ${at}` })
}
const messages = ({ details }: Notices) => details.map(({ message }) => message)

test('a warning after 200 notices is kept, and the newest of the notices makes room for it', () => {
  const notices = new Notices()
  many(notices, 250, 'NOTICE')
  notices.take({ severity: 'WARNING', code: '01000', message: 'careful' })
  expect(notices.details.length).toBe(200)
  expect(messages(notices).slice(-2)).toEqual(['NOTICE 198', 'careful'])
  expect(notices.texts.slice(-2)).toEqual([
    'WARNING: careful',
    'SRE Portal: 51 further notices were not kept.',
  ])
})

test.each([
  ['DEBUG', 'NOTICE'],
  ['INFO', 'WARNING'],
  ['LOG', 'WARNUNG'],
  ['DEBUG', 'LOG'],
])('%s makes room for %s, which is the more severe', (less, more) => {
  const notices = new Notices()
  many(notices, 200, less)
  notices.take({ severity: more, message: 'kept' })
  many(notices, 5, less)
  expect(messages(notices)).toContain('kept')
  expect(notices.texts.at(-1)).toBe('SRE Portal: 6 further notices were not kept.')
})

test('of equals the first are kept, and those that came later are counted', () => {
  const notices = new Notices()
  many(notices, 300, 'WARNING')
  many(notices, 10, 'NOTICE')
  expect([messages(notices)[0], messages(notices).at(-1)]).toEqual(['WARNING 0', 'WARNING 199'])
  expect(notices.texts.at(-1)).toBe('SRE Portal: 110 further notices were not kept.')
})

test('when a run may keep no more bytes, a warning still has the place of a notice, and what is left out is counted', () => {
  const notices = new Notices(new KeptBytes(600))
  many(notices, 20, 'NOTICE')
  const before = notices.details.length
  expect(before).toBeLessThan(20)
  notices.take({ severity: 'WARNING', message: 'careful' })
  expect(notices.details.length).toBe(before)
  expect(messages(notices).at(-1)).toBe('careful')
  expect(notices.texts.at(-1)).toContain(`Left out: ${20 - before + 1} notices.`)
})
