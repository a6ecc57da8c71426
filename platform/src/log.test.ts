import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const module = fileURLToPath(new URL('./log.ts', import.meta.url))

/** What a process writes that logs these entries: fields with a message, or an error. */
function written(entries: [fields: object, message: string][]): string[] {
  const program = `
    import { createLog } from ${JSON.stringify(module)}
    const log = createLog('test', 'info')
    for (const [fields, message] of ${JSON.stringify(entries)}) log.info(fields, message)
    for (const [, message] of ${JSON.stringify(entries)}) log.error({ err: new Error(message) }, 'failed')`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program],
    { encoding: 'utf8' },
  )
  if (stderr) throw new Error(stderr)
  return stdout.split('\n').slice(0, -1)
}

describe('the log', () => {
  it('an entry is one line of JSON, whatever is in it', () => {
    const texts = [
      'a\r\n{"level":"fatal","msg":"forged"}',
      'b\u2028c\u0085d',
      '\u001b[2J\u001b[31mred',
      '"},{"level":"fatal"',
      'nul\0and bell\u0007',
      '\ud800',
    ]
    const lines = written(texts.map((text) => [{ comment: text, [text]: text }, text]))
    expect(lines).toHaveLength(texts.length * 2)
    const entries = lines.map((line) => JSON.parse(line) as { level: string; msg: string })
    const levelAndMessage = entries.map(({ level, msg }) => [level, msg])
    expect(levelAndMessage).toEqual([
      ...texts.map((text) => ['info', text]),
      ...texts.map(() => ['error', 'failed']),
    ])
    expect(lines.filter((line) => [...line].some((character) => character < ' '))).toEqual([])
  })

  it('removes what may be a secret by its name', () => {
    const secret = 'hunter2-hunter2'
    const lines = written([
      [{ password: secret, newPassword: secret, currentPassword: secret }, 'one'],
      [{ body: { accessToken: secret, refreshToken: secret, uri: secret } }, 'two'],
      [{ request: { headers: { authorization: secret, cookie: secret } } }, 'three'],
      [{ target: { connectionString: secret, ciphertext: secret } }, 'four'],
    ]).slice(0, 4)
    for (const line of lines) {
      expect(line).toContain('[removed]')
      expect(line).not.toContain(secret)
    }
  })
})
