import { expect, test } from 'vitest'
import { shortenLogLine } from './logLine.ts'

const entry = (fields: object) =>
  shortenLogLine(
    JSON.stringify({ level: 'info', time: '2026-01-02T03:04:05.678Z', service: 'executor', ...fields }),
  )

test('a log entry becomes one line with the clock, the level, the message and what else it says', () => {
  expect(entry({ msg: 'listening', port: 8084, tags: ['a'] })).toEqual({
    level: 'info',
    text: '03:04:05 info  listening port=8084 tags=["a"]',
    routine: false,
  })
})

test('a request is shown by method, path, status and time', () => {
  const line = {
    msg: 'request completed',
    req: { method: 'GET', url: '/api/pods' },
    res: { statusCode: 200 },
    responseTime: 3.6,
  }
  const text = '03:04:05 info  request completed GET /api/pods 200 4 ms'
  expect(entry(line)).toEqual({ level: 'info', text, routine: true })
  expect(entry({ ...line, level: 'error', res: { statusCode: 500 } }).routine).toBe(false)
})

test('an error names its cause once, with the first frames of its stack', () => {
  const stack = `Error: no such table\n${[1, 2, 3, 4, 5, 6].map((line) => `    at x (a.ts:${line})`).join('\n')}`
  const err = { message: 'no such table', stack }
  const frames = [1, 2, 3, 4, 5].map((line) => `\n    at x (a.ts:${line})`).join('')
  expect(entry({ level: 'error', msg: 'request failed', err })).toEqual({
    level: 'error',
    text: `03:04:05 error request failed: no such table${frames}`,
    routine: false,
  })
  expect(entry({ level: 'warn', msg: 'lost it: no such table', err }).text).toBe(
    '03:04:05 warn  lost it: no such table',
  )
})

test('what is no log entry is shown as it is', () => {
  for (const line of ['Event store is ready', '{"a":1}', '{broken', ''])
    expect(shortenLogLine(line)).toEqual({ level: 'info', text: line, routine: false })
  expect(shortenLogLine('Error [ERR_X]: Cannot find module').level).toBe('error')
})
