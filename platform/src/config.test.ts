import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { flagSchema, jwtSecretSchema, portSchema, readConfig, serviceConfigSchema } from './config.ts'

const schema = z.object({ PORT: portSchema, DEMO: flagSchema.default(false), JWT_SECRET: jwtSecretSchema })
const secret = 's'.repeat(32)

describe('configuration', () => {
  it('is read from the environment, with defaults for what is absent or empty', () =>
    expect(readConfig(schema, { PORT: '8081', DEMO: '', JWT_SECRET: secret, OTHER: 'x' })).toEqual({
      PORT: 8081,
      DEMO: false,
      JWT_SECRET: secret,
    }))

  it('takes a secret from a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'secret')
    writeFileSync(file, `${secret}\n`)
    expect(readConfig(schema, { PORT: '1', JWT_SECRET_FILE: file }).JWT_SECRET).toBe(secret)
  })

  it('tells all faults at once and repeats no value', () => {
    const read = () =>
      readConfig(schema, { PORT: 'eighty', DEMO: 'yes', JWT_SECRET: 'hunter2', JWT_SECRET_FILE: '/nowhere' })
    expect(read).toThrow(/3 fault\(s\)/)
    expect(read).toThrow(/PORT: /)
    expect(read).toThrow(/DEMO: /)
    expect(read).toThrow(/JWT_SECRET: must have at least 32 bytes/)
    expect(read).not.toThrow(/hunter2|eighty/)
  })

  it('names what is missing, and a file that cannot be read', () => {
    expect(() => readConfig(schema, {})).toThrow(/PORT: is missing[\s\S]*JWT_SECRET: is missing/)
    expect(() => readConfig(schema, { PORT: '1', JWT_SECRET_FILE: '/nowhere' })).toThrow(
      /JWT_SECRET_FILE: cannot be read \(ENOENT\)/,
    )
  })

  it('refuses the secret of the example', () =>
    expect(() =>
      readConfig(schema, { PORT: '1', JWT_SECRET: 'change-me-change-me-change-me-change-me' }),
    ).toThrow(/value of the example/))

  it.each(['esdb://a:2113?tls=false', 'esdb+discover://user:secret@a,b:2113', 'kurrentdb://a'])(
    'takes the event store %s',
    (url) =>
      expect(
        readConfig(serviceConfigSchema, { POSTGRES_URL: 'postgres://a', EVENTSTORE_URL: url }).EVENTSTORE_URL,
      ).toBe(url),
  )
})
