import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { binaryEvent, EventStoreDBClient } from '@eventstore/db-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withClient } from '@sre-portal/infra/databases.ts'
import type { Interception } from '@sre-portal/infra/event-store/interception.ts'
import { startEventStore } from '@sre-portal/infra/event-store/server.ts'
import { formatClosingLine, Tally } from '@sre-portal/infra/event-store/transfer/closingLine.ts'
import { parseEventLine } from '@sre-portal/infra/event-store/transfer/eventLine.ts'
import { eventsToImport, logSource } from '@sre-portal/infra/event-store/transfer/logSources.ts'
import { isSameLog, verifyLogs } from '@sre-portal/infra/event-store/transfer/verifyLogs.ts'
import { testDatabase } from '../setup/postgres.ts'
import { all, event, eventsUpTo, failure, freshStream, present, useEmbeddedStore } from './support.ts'

const store = useEmbeddedStore()
const main = fileURLToPath(new URL('../../infra/event-store/main.ts', import.meta.url))
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-transfer-'))
})
afterAll(() => rm(folder, { recursive: true }))

interface Ended {
  code: number
  said: string
}

const command = (...args: string[]) => commandReading(undefined, ...args)

/** The same with this on its standard input. */
const commandReading = (input: string | undefined, ...args: string[]) =>
  new Promise<Ended>((resolve) => {
    const program = ['--import', 'tsx', main, ...args]
    const child = execFile(process.execPath, program, { timeout: 50_000 }, (error, _, said) => {
      resolve({ code: error ? Number(error.code) : 0, said })
    })
    // What ends early hears no more.
    child.stdin?.on('error', () => undefined).end(input)
  })

/** Started and left alone, for whoever ends it in the middle. */
const started = (...args: string[]) =>
  spawn(process.execPath, ['--import', 'tsx', main, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })

type Started = ReturnType<typeof started>

async function killed(child: Started): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  expect(await ended).toEqual([null, 'SIGKILL'])
}

const importInto = (target: Target, file: string, ...flags: string[]) =>
  command('import', '--to', target.connectionString, '--file', file, ...flags)
const verify = (from: string, to: string) => command('verify', '--from', from, '--to', to)

interface Target {
  connectionString: string
  postgresUrl: string
  client: EventStoreDBClient
  close: () => Promise<void>
}

async function freshTarget(interception: Interception = {}): Promise<Target> {
  const database = await testDatabase()
  const shared = { host: '127.0.0.1', port: 0, log: () => undefined }
  const running = await startEventStore({
    ...shared,
    postgresUrl: database.url,
    interception,
  })
  const client = EventStoreDBClient.connectionString(running.connectionString)
  return {
    connectionString: running.connectionString,
    postgresUrl: database.url,
    client,
    close: async () => {
      await client.dispose()
      await running.close()
      await database.drop()
    },
  }
}

async function exported(name: string, url = store.postgresUrl): Promise<{ file: string; lines: string[] }> {
  const file = join(folder, `${name}.ndjson`)
  expect((await command('--postgres', url, 'export', '--file', file)).code).toBe(0)
  return { file, lines: (await readFile(file, 'utf8')).trim().split('\n').slice(0, -1) }
}

/** With the closing line that belongs to these lines. */
const closed = (lines: readonly string[]): string[] => {
  const tally = new Tally()
  for (const text of lines) {
    tally.addLine(text)
    if (text.endsWith('}')) tally.addEvent(parseEventLine(text))
  }
  return [...lines, formatClosingLine(tally)]
}

async function raw(name: string, content: string | Buffer): Promise<string> {
  const file = join(folder, `${name}.ndjson`)
  await writeFile(file, content)
  return file
}

function written(name: string, lines: readonly string[]): Promise<string> {
  return raw(name, `${closed(lines).join('\n')}\n`)
}

/** A line as the export writes it. */
function line(
  position: number,
  stream: string,
  revision: number,
  more: object = { data: { n: revision } },
): string {
  return JSON.stringify({
    position,
    stream,
    revision: String(revision),
    id: `00000000-0000-4000-8000-${String(position).padStart(12, '0')}`,
    type: 'Counted',
    contentType: 'application/json',
    created: '2026-01-05T09:00:00.000Z',
    ...more,
  })
}

const interleaved = (count: number) =>
  Array.from({ length: count }, (_, n) => line(n + 1, `s-${n % 7}`, Math.floor(n / 7)))

/** The streams' events of a target in their order, without the server's own. */
const own = async (target: Target): Promise<string[]> =>
  (await all(target.client.readAll()))
    .map(({ event: recorded }) => `${recorded?.streamId}@${recorded?.revision}`)
    .filter((place) => !place.startsWith('$'))

describe('Moving to another server', () => {
  it('carries everything over, goes on where it broke off, and verify says that nothing is missing', async () => {
    const [kept, deleted, revived, tombstoned] = ['kept', 'deleted', 'revived', 'tombstoned'].map(freshStream)
    const { client } = store
    for (const stream of [kept, deleted, revived, tombstoned].map(present))
      await client.appendToStream(stream, eventsUpTo(3))
    await client.appendToStream(present(kept), binaryEvent({ type: 'B', data: Uint8Array.from([0, 255]) }))
    await client.setStreamMetadata(present(kept), { maxCount: 3, team: 'pod' })
    await client.setStreamMetadata(present(deleted), { maxAge: 100_000 })
    await client.deleteStream(present(deleted))
    await client.deleteStream(present(revived))
    await client.appendToStream(present(revived), event(3))
    await client.tombstoneStream(present(tombstoned))
    const { file, lines } = await exported('everything')

    const target = await freshTarget()
    const half = await written('half', lines.slice(0, lines.length / 2))
    expect(await importInto(target, half)).toMatchObject({ code: 0 })
    expect((await verify(file, target.connectionString)).code).toBe(2)
    const second = await importInto(target, file)
    expect(second.code).toBe(0)
    expect(second.said).toMatch(/^Read \d+ events: [1-9]\d* written, [1-9]\d* already there\./)
    const third = await importInto(target, file)
    expect(third.said).toContain(`Read ${lines.length} events: 0 written, `)
    expect(await verify(file, target.connectionString)).toMatchObject({
      code: 0,
      said: expect.stringContaining('Order of the events: the same') as string,
    })
    expect(await verify(store.postgresUrl, target.postgresUrl)).toMatchObject({ code: 0 })
    for (const stream of [kept, revived].map(present)) {
      const there = withoutPlace(await all(target.client.readStream(stream)))
      expect(there).toEqual(withoutPlace(await all(client.readStream(stream))))
      expect(there.length).toBeGreaterThan(0)
    }
    expect((await target.client.getStreamMetadata(present(kept))).metadata).toEqual({
      maxCount: 3,
      team: 'pod',
    })
    expect(await failure(all(target.client.readStream(present(deleted))))).toMatchObject({
      type: 'stream-not-found',
    })
    expect(await failure(all(target.client.readStream(present(tombstoned))))).toMatchObject({
      type: 'stream-deleted',
    })
    await target.close()
  }, 120_000)

  it('lands in the order of the log although the target is slow with its first append', async () => {
    let appends = 0
    const target = await freshTarget({
      append: (_, settle, write) => {
        if (appends++ === 0) setTimeout(() => write(settle), 500)
        else write(settle)
      },
    })
    const file = await written('order', interleaved(300))
    expect(await importInto(target, file)).toMatchObject({ code: 0 })
    expect(await own(target)).toEqual(interleaved(300).map((_, n) => `s-${n % 7}@${Math.floor(n / 7)}`))
    expect((await verify(file, target.connectionString)).code).toBe(0)
    await target.close()
  })

  it('says so when the target keeps another order, and verify finds it too', async () => {
    let appends = 0
    let settled = 0
    let held: (() => void) | null = null
    const target = await freshTarget({
      // One is held until a later one has its place.
      append: (_, settle, write) => {
        if (appends++ === 20) held = () => write(settle)
        else
          write((answer) => {
            settle(answer)
            if (++settled === 21) held?.()
          })
      },
    })
    const lines = Array.from({ length: 60 }, (_, n) => line(n + 1, `each-${n}`, 0))
    const file = await written('disorder', lines)
    const { code, said } = await importInto(target, file)
    expect(code).toBe(1)
    expect(said).toMatch(/has put each-\d+@0 before events that precede it/)
    const turned = await written('turned-around', lines.reverse())
    const found = await verify(file, turned)
    expect(found).toMatchObject({ code: 2, said: expect.stringContaining('DIFFERENT') as string })
    await target.close()
  })

  it('ends with a fault and a summary when it breaks off behind a deletion, and never with 0', async () => {
    const target = await freshTarget()
    const broken = [
      line(1, 'gone', 0),
      line(2, '$$gone', 0, { type: '$metadata', data: { $maxCount: 3 } }),
      line(3, '$$gone', 1, {
        type: '$metadata',
        dataBase64: Buffer.from('{"$tb":9223372036854775807}').toString('base64'),
      }),
      ...interleaved(30),
      '{"position": 99',
      line(100, 'behind', 0),
    ]
    const whole = `${closed(broken).join('\n')}\n`
    const refused = await importInto(target, await raw('broken', whole))
    expect(refused).toMatchObject({
      code: 1,
      said: expect.stringMatching(/Line 34.*Nothing was sent/) as string,
    })
    expect(await own(target)).toEqual([])
    const { code, said } = await commandReading(whole, 'import', '--to', target.connectionString)
    expect(code).toBe(1)
    expect(said).toContain('33 written')
    expect(said).toMatch(/Line 34 is no exported event/)
    expect(await failure(all(target.client.readStream('behind')))).toMatchObject({ type: 'stream-not-found' })
    await target.close()
  })

  it('ends with a fault when the target goes away or was never there', async () => {
    const file = await written('nowhere', interleaved(10))
    const refused = await command('import', '--to', 'esdb://127.0.0.1:1?tls=false', '--file', file)
    expect(refused).toMatchObject({
      code: 1,
      said: expect.stringMatching(/UNAVAILABLE|ECONNREFUSED/) as string,
    })
    let appends = 0
    const target = await freshTarget({
      append: (_, settle, write) => {
        if (appends++ < 5) write(settle)
        else settle({ kind: 'unavailable', reason: 'Server Is Not Ready' })
      },
    })
    const broken = await importInto(target, file)
    expect(broken.code).toBe(1)
    const [done, underWay] = [/: (\d+) written/, /(\d+) were under way at the end/].map((pattern) =>
      Number(pattern.exec(broken.said)?.[1]),
    )
    expect(done).toBeLessThanOrEqual(5)
    expect(present(done) + present(underWay)).toBe(10)
    await target.close()
  })

  it('names streams that the target has tombstoned, with a code of its own unless they may be left out', async () => {
    const target = await freshTarget()
    await target.client.tombstoneStream('s-3')
    const file = await written('tombstoned', interleaved(70))
    const { code, said } = await importInto(target, file)
    expect(code).toBe(3)
    expect(said).toContain('10 of streams that the target has tombstoned')
    expect(said).toContain('Tombstoned in the target: s-3.')
    expect((await importInto(target, file, '--skip-tombstoned')).code).toBe(0)
    await target.close()
  })

  it('refuses a target that has something else in the place of an event', async () => {
    const target = await freshTarget()
    await target.client.appendToStream('s-2', event(9))
    const { code, said } = await importInto(target, await written('other', interleaved(20)))
    expect(code).toBe(1)
    expect(said).toContain('The target has something else at s-2@0')
    await target.close()
  })

  it.each([
    ['whose digits the client would lose', Buffer.from('{"n":9007199254740993}')],
    ['whose bytes the client would replace', Buffer.from('{"n":"\xff"}', 'latin1')],
  ])('sends no JSON %s, but byte for byte when it is told to', async (_what, bytes) => {
    const target = await freshTarget()
    const lines = [line(1, 'digits', 0), line(2, 'digits', 1, { dataBase64: bytes.toString('base64') })]
    const file = await written('digits', lines)
    const refused = await importInto(target, file)
    expect(refused.code).toBe(1)
    expect(refused.said).toContain('digits@1 is JSON that the client would change')
    const sent = await importInto(target, file, '--keep-digits-as-binary')
    expect(sent).toMatchObject({
      code: 0,
      said: expect.stringContaining('1 were sent byte for byte') as string,
    })
    const [, kept] = await all(target.client.readStream('digits'))
    expect(Buffer.from(kept?.event?.data as Uint8Array).equals(bytes)).toBe(true)
    expect((await verify(file, target.connectionString)).code).toBe(0)
    await target.close()
  })

  it('tells logs apart whose JSON differs in bytes that are no UTF-8', async () => {
    const [one, other] = await Promise.all(
      ['\xff', '\xfe'].map((byte) =>
        written(`bytes-${byte}`, [
          line(1, 's', 0, { dataBase64: Buffer.from(`{"n":"${byte}"}`, 'latin1').toString('base64') }),
        ]),
      ),
    )
    expect((await verify(present(one), present(other))).code).toBe(2)
    expect((await verify(present(one), present(one))).code).toBe(0)
  })
})

const strict = { unclosed: false, say: () => undefined }

describe('A file that is not the whole export', () => {
  const lines = interleaved(40)
  const whole = closed(lines)
  const closing = present(whole.at(-1))
  const file = (parts: readonly string[]) => `${parts.join('\n')}\n`
  const changed = (change: object) => {
    const { closing: said } = JSON.parse(closing) as { closing: object }
    return JSON.stringify({ closing: { ...said, ...change } })
  }
  const cases: [string, string | Buffer, RegExp][] = [
    ['cut behind a line', file(lines.slice(0, 25)), /no closing line behind its 25 events.*--unclosed/],
    ['without its closing line', file(lines), /no closing line behind its 40 events.*--unclosed/],
    [
      'cut within a line',
      file(lines).slice(0, -30),
      /Line 40 is no exported event, and the last one: it was cut/,
    ],
    [
      'cut within the closing line',
      file(whole).slice(0, -20),
      /Line 41 is a closing line that can not be read/,
    ],
    ['empty', '', /It holds nothing/],
    ['of empty lines', '\n\n', /It holds nothing/],
    ['lacking a line', file(whole.toSpliced(7, 1)), /events: it says 40, the lines hold 39/],
    [
      'with a line twice',
      file(whole.toSpliced(7, 0, present(lines[7]))),
      /events: it says 40, the lines hold 41/,
    ],
    ['with two lines exchanged', file([lines[1], lines[0], ...whole.slice(2)].map(present)), /SHA-256/],
    ['with a changed value', file(whole).replace('"n":2', '"n":3'), /SHA-256/],
    ['with an empty line', file(whole.toSpliced(7, 0, '')), /SHA-256/],
    ['with another count', file([...lines, changed({ events: 41 })]), /events: it says 41/],
    [
      'with another count of streams',
      file([...lines, changed({ streams: 8 })]),
      /streams: it says 8, the lines hold 7/,
    ],
    [
      'with another last position',
      file([...lines, changed({ lastPosition: 41 })]),
      /the last position: it says 41/,
    ],
    ['with another hash', file([...lines, changed({ sha256: 'a'.repeat(64) })]), /SHA-256/],
    [
      'with a field that nobody knows',
      file([...lines, changed({ more: 1 })]),
      /closing line that can not be read/,
    ],
    ['with a line behind', file([...whole, present(lines[0])]), /Line 42 stands behind the closing line/],
    ['twice', file([...whole, ...whole]), /Line 42 stands behind the closing line/],
    ['with a byte order mark', `\ufeff${file(whole)}`, /byte order mark \(EF BB BF, UTF-8\)/],
    ['in UTF-16', Buffer.from(`\ufeff${file(whole)}`, 'utf16le'), /byte order mark \(FF FE, UTF-16\)/],
    ['not in UTF-8', Buffer.from(file(whole).replace('Counted', 'Gezählt'), 'latin1'), /Line 1 is not UTF-8/],
  ]
  let target: Target
  let original: string
  beforeAll(async () => {
    target = await freshTarget()
    original = await raw('whole', file(whole))
  })
  afterAll(() => target.close())

  it.each(cases)(
    '%s is refused before anything is sent, and compared with nothing',
    async (name, content, words) => {
      const path = await raw(name.replaceAll(' ', '-'), content)
      const refused = await eventsToImport(path, strict).then(() => '', String)
      expect(refused).toMatch(words)
      expect(refused).toContain(`${path}: `)
      expect(refused).toContain('Nothing was sent.')
      const reading = { from: logSource(path, strict), to: logSource(original, strict) }
      await expect(verifyLogs(reading.from, reading.to)).rejects.toThrow(words)
      await expect(verifyLogs(reading.to, reading.from)).rejects.toThrow(words)
    },
  )

  it('is a fault of import, and of verify in either place, with a code that is no difference', async () => {
    const cut = await raw('cut', file(lines.slice(0, 25)))
    expect(await importInto(target, cut)).toMatchObject({
      code: 1,
      said: expect.stringMatching(/25 events.*--unclosed.*Nothing was sent/) as string,
    })
    expect(await own(target)).toEqual([])
    for (const [from, to] of [
      [cut, cut],
      [cut, original],
      [original, cut],
    ].map(([from, to]) => [present(from), present(to)] as const))
      expect(await verify(from, to)).toMatchObject({
        code: 1,
        said: expect.stringMatching(/25 events.*--unclosed.*Nothing was judged/) as string,
      })
  }, 120_000)

  it('is told with what was written when it comes by standard input', async () => {
    const fresh = await freshTarget()
    const to = ['import', '--to', fresh.connectionString]
    const cut = await commandReading(file(lines.slice(0, 25)), ...to)
    expect(cut.code).toBe(1)
    expect(cut.said).toContain('Read 25 events: 25 written')
    expect(cut.said).toMatch(
      /Standard input: It has no closing line.*may be in the target, which lacks the rest/,
    )
    expect(await commandReading('', ...to)).toMatchObject({ code: 1 })
    expect(await commandReading(file(whole), ...to)).toMatchObject({
      code: 0,
      said: expect.stringContaining('15 written, 25 already there') as string,
    })
    expect(await verify(original, fresh.connectionString)).toMatchObject({ code: 0 })
    await fresh.close()
  }, 120_000)

  it('of an older version is read when it is asked for, which is said', async () => {
    const old = fileURLToPath(new URL('../fixtures/log-0a3c576.ndjson', import.meta.url))
    const fresh = await freshTarget()
    expect(await importInto(fresh, old)).toMatchObject({
      code: 1,
      said: expect.stringMatching(/no closing line behind its 571 events.*--unclosed/) as string,
    })
    expect(await own(fresh)).toEqual([])
    const told = /no closing line behind its 571 events: a file of an older version, or one that was cut/g
    const imported = await importInto(fresh, old, '--unclosed')
    expect(imported.code).toBe(0)
    expect(imported.said.match(told)).toHaveLength(1)
    const verified = await command('verify', '--from', old, '--to', fresh.connectionString, '--unclosed')
    expect(verified.code).toBe(0)
    expect(verified.said.match(told)).toHaveLength(1)
    expect((await verify(old, fresh.connectionString)).code).toBe(1)
    const again = await exported('again', fresh.postgresUrl)
    expect((await verify(again.file, fresh.connectionString)).code).toBe(0)
    await fresh.close()
  }, 120_000)

  it('is refused with --unclosed where its closing line does not agree, and where it holds nothing', async () => {
    const short = await raw('short', file(whole.toSpliced(7, 1)))
    expect(await importInto(target, short, '--unclosed')).toMatchObject({ code: 1 })
    expect(await importInto(target, await raw('nothing', ''), '--unclosed')).toMatchObject({ code: 1 })
    expect(await own(target)).toEqual([])
  }, 120_000)

  it('is not one that a transfer gave other ends of lines', async () => {
    const path = await raw('two-ends', `${whole.join('\r\n')}\r\n`)
    expect(isSameLog(await verifyLogs(logSource(path, strict), logSource(original, strict)))).toBe(true)
  })

  it('is not there: told in words, without a stack', async () => {
    for (const [path, reason] of [
      [join(folder, 'none.ndjson'), 'ENOENT'],
      [folder, 'EISDIR'],
    ].map(([path, reason]) => [present(path), present(reason)] as const)) {
      for (const { code, said } of [await importInto(target, path), await verify(path, original)]) {
        expect(code).toBe(1)
        expect(said).toContain(`${path}: It can not be read (${reason}`)
        expect(said).not.toMatch(/Unhandled|^ +at /m)
      }
    }
  }, 120_000)
})

describe('A process that is killed in the middle', () => {
  it('leaves an import that is finished by another', async () => {
    let appends = 0
    let reached: () => void = () => undefined
    const inTheMiddle = new Promise<void>((resolve) => (reached = resolve))
    const target = await freshTarget({
      append: (_, settle, write) => {
        if (appends++ === 120) reached()
        write(settle)
      },
    })
    const file = await written('killed-import', interleaved(2000))
    const child = started('import', '--to', target.connectionString, '--file', file)
    await inTheMiddle
    await killed(child)
    const before = await own(target)
    expect(before.length).toBeGreaterThan(0)
    expect(before.length).toBeLessThan(2000)
    expect((await verify(file, target.connectionString)).code).toBe(2)
    expect(await importInto(target, file)).toMatchObject({ code: 0 })
    expect(await own(target)).toEqual(interleaved(2000).map((_, n) => `s-${n % 7}@${Math.floor(n / 7)}`))
    expect((await verify(file, target.connectionString)).code).toBe(0)
    await target.close()
  }, 120_000)

  it('leaves an export of which nobody believes that it is whole', async () => {
    const source = await freshTarget()
    const file = await written('to-export', interleaved(3000))
    expect((await importInto(source, file)).code).toBe(0)
    const child = started('--postgres', source.postgresUrl, 'export')
    const output = child.stdout
    // Its reader takes one piece and no more, so that it stands in the middle.
    const [piece] = (await once(output, 'data')) as [Buffer]
    output.pause()
    await killed(child)
    const cut = piece.subarray(0, piece.lastIndexOf('\n') + 1)
    const target = await freshTarget()
    expect(await importInto(target, await raw('cut-export', cut))).toMatchObject({
      code: 1,
      said: expect.stringContaining('--unclosed') as string,
    })
    expect(await own(target)).toEqual([])
    await target.close()
    await source.close()
  }, 120_000)

  it('leaves the place of its file as it was', async () => {
    const source = await freshTarget()
    await source.client.appendToStream('one', event(1))
    const { file } = await exported('kept', source.postgresUrl)
    const before = await readFile(file, 'utf8')
    const beside = async () =>
      (await readdir(folder)).filter((name) => name.startsWith('kept.ndjson.unfinished-'))
    await withClient(source.postgresUrl, async (client) => {
      await client.query('BEGIN')
      await client.query('LOCK TABLE eventlog.events IN ACCESS EXCLUSIVE MODE')
      const child = started('--postgres', source.postgresUrl, 'export', '--file', file)
      await expect.poll(beside, { timeout: 30_000 }).toHaveLength(1)
      await killed(child)
      await client.query('ROLLBACK')
    })
    expect(await readFile(file, 'utf8')).toBe(before)
    const [unfinished] = await beside()
    const left = join(folder, present(unfinished))
    expect((await stat(left)).mode & 0o777).toBe(0o600)
    expect(await verify(left, file)).toMatchObject({ code: 1 })
    await source.close()
  }, 120_000)
})

describe('Comparing logs', () => {
  const compare = (from: string, to: string, maxStreams?: number) =>
    verifyLogs(logSource(from, strict), logSource(to, strict), maxStreams)

  it('names streams that are missing, different and additional', async () => {
    const lines = interleaved(70)
    const changed = [
      ...lines.filter((_, n) => n % 7 !== 2).map((text) => text.replace('"stream":"s-4"', '"stream":"t-4"')),
      line(900, 's-5', 10),
    ].map((text, n) => (n === 0 ? text.replace('"n":0', '"n":1') : text))
    const [from, to] = [await written('from', lines), await written('to', changed)]
    expect(await compare(from, to)).toMatchObject({
      events: { from: 70, to: 61 },
      equalStreams: 3,
      missing: ['s-2', 's-4'],
      additional: ['t-4'],
      different: ['s-0 (contents)', 's-5 (10 and 11 events)'],
    })
    const { said } = await verify(from, to)
    expect(said).toContain('Missing in the second: s-2, s-4.')
  })

  it('keeps only so many streams in memory, and finds the same', async () => {
    const lines = Array.from({ length: 300 }, (_, n) => line(n + 1, `many-${n % 150}`, Math.floor(n / 150)))
    const from = await written('many', lines)
    const same = await compare(from, from, 10)
    expect(same.parts).toBeGreaterThan(10)
    expect(same).toMatchObject({ events: { from: 300, to: 300 }, equalStreams: 150 })
    expect(isSameLog(same)).toBe(true)
    const other = await written('fewer', lines.slice(0, -1))
    expect(await compare(from, other, 10)).toMatchObject({
      equalStreams: 149,
      different: ['many-149 (2 and 1 events)'],
    })
    const turned = await written('turned', [...lines.slice(0, 150).reverse(), ...lines.slice(150)])
    expect(isSameLog(await compare(from, turned, 10))).toBe(false)
  })

  it('takes another spelling of the same JSON for equal', async () => {
    const respelled = Buffer.from('{ "n": 0.0 }').toString('base64')
    const [from, to] = [
      await written('spelled', [line(1, 's', 0)]),
      await written('respelled', [line(1, 's', 0, { dataBase64: respelled })]),
    ]
    expect(isSameLog(await compare(from, to))).toBe(true)
  })
})

describe('Exporting', () => {
  it('closes a file and standard output alike, with a hash that other programs find too', async () => {
    const source = await freshTarget()
    await source.client.appendToStream('one', [event(1), event(2)])
    await source.client.appendToStream('two', [{ ...event(1), type: 'of\u2028two\u0085lines' }])
    const { file, lines } = await exported('closed', source.postgresUrl)
    const content = await readFile(file, 'utf8')
    const sha256 = createHash('sha256')
      .update(`${lines.join('\n')}\n`)
      .digest('hex')
    const streams = lines.filter((text) => text.includes('"revision":"0"')).length
    const { position: lastPosition } = parseEventLine(present(lines.at(-1)))
    const closing = { events: lines.length, streams, lastPosition, sha256 }
    expect(content).toBe(`${lines.join('\n')}\n${JSON.stringify({ closing })}\n`)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const child = started('--postgres', source.postgresUrl, 'export')
    expect(await text(child.stdout)).toBe(content)
    expect((await verify(file, source.connectionString)).code).toBe(0)
    await source.close()
  })

  it('closes the export of a store without streams of anybody, and of nothing at all', async () => {
    const source = await freshTarget()
    const { file, lines } = await exported('of-nothing', source.postgresUrl)
    expect(lines.filter((line) => !line.includes('"stream":"$'))).toEqual([])
    for (const whole of [file, await written('nothing-closed', [])])
      expect(await importInto(source, whole)).toMatchObject({ code: 0 })
    expect((await verify(file, source.connectionString)).code).toBe(0)
    await source.close()
  })

  it('leaves no file, and the one that is there as it was, when it is refused', async () => {
    const database = await testDatabase()
    const kept = await raw('refused-kept', 'kept')
    for (const file of [kept, join(folder, 'refused-new.ndjson')])
      expect((await command('--postgres', database.url, 'export', '--file', file)).code).toBe(1)
    expect((await readdir(folder)).filter((name) => name.startsWith('refused-'))).toEqual([
      'refused-kept.ndjson',
    ])
    expect(await readFile(kept, 'utf8')).toBe('kept')
    await database.drop()
  })

  it('follows a link to its file, and writes to a device instead of taking its place', async () => {
    const kept = await raw('linked', 'before')
    const link = join(folder, 'link.ndjson')
    await symlink(kept, link)
    for (const file of [link, '/dev/null'])
      expect((await command('--postgres', store.postgresUrl, 'export', '--file', file)).code).toBe(0)
    expect((await lstat(link)).isSymbolicLink()).toBe(true)
    expect(await readFile(kept, 'utf8')).toContain('{"closing":')
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true)
  })

  it('says in a sentence that there is no log', async () => {
    const database = await testDatabase()
    expect(await command('--postgres', database.url, 'export')).toEqual({
      code: 1,
      said: 'eventstore: This database has no event log: no event store was ever started on it.\n',
    })
    await database.drop()
  })

  it('says in a sentence that the file can not be written', async () => {
    const target = join(folder, 'missing', 'folder.ndjson')
    const { code, said } = await command('--postgres', store.postgresUrl, 'export', '--file', target)
    expect(code).toBe(1)
    expect(said).toMatch(/^eventstore: ENOENT.*\n$/)
  })
})

function withoutPlace(events: Awaited<ReturnType<typeof all<{ event?: object }>>>): object[] {
  return events.map(({ event: recorded }) => ({ ...recorded, position: undefined, created: undefined }))
}
