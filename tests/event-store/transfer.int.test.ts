import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { binaryEvent, EventStoreDBClient } from '@eventstore/db-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Interception } from '@sre-portal/infra/event-store/interception.ts'
import { startEventStore } from '@sre-portal/infra/event-store/server.ts'
import { logSource } from '@sre-portal/infra/event-store/transfer/logSources.ts'
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

const command = (...args: string[]) =>
  new Promise<Ended>((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', main, ...args], { timeout: 50_000 }, (error, _, said) => {
      resolve({ code: error ? Number(error.code) : 0, said })
    })
  })

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
  return { file, lines: (await readFile(file, 'utf8')).trim().split('\n') }
}

async function written(name: string, lines: readonly string[]): Promise<string> {
  const file = join(folder, `${name}.ndjson`)
  await writeFile(file, `${lines.join('\n')}\n`)
  return file
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
    const order = await all(target.client.readAll())
    const own = order.filter(({ event: recorded }) => recorded?.streamId.startsWith('s-'))
    expect(own.map(({ event: recorded }) => `${recorded?.streamId}@${recorded?.revision}`)).toEqual(
      interleaved(300).map((_, n) => `s-${n % 7}@${Math.floor(n / 7)}`),
    )
    expect((await verify(file, target.connectionString)).code).toBe(0)
    await target.close()
  })

  it('says so when the target keeps another order, and verify finds it too', async () => {
    let appends = 0
    const target = await freshTarget({
      append: (_, settle, write) => {
        if (appends++ === 20) setTimeout(() => write(settle), 300)
        else write(settle)
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
    const { code, said } = await importInto(target, await written('broken', broken))
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
    expect(
      (await command('import', '--to', target.connectionString, '--file', join(folder, 'none'))).code,
    ).toBe(1)
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

  it('sends no JSON whose digits the client would lose, but byte for byte when it is told to', async () => {
    const target = await freshTarget()
    const bytes = Buffer.from('{"n":9007199254740993}')
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
})

describe('Comparing logs', () => {
  const compare = (from: string, to: string, maxStreams?: number) =>
    verifyLogs(logSource(from), logSource(to), maxStreams)

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
