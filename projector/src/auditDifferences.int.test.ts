import { execFile } from 'node:child_process'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { createLog } from '@sre-portal/platform/log'
import { historyWriter } from '@sre-portal/platform/testing/historyWriter'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { everyEvent } from '../test/everyEvent.ts'
import { connections, runningProjector, silent } from '../test/projectors.ts'
import { eventually, reached } from '../test/world.ts'
import { startProjector } from './app.ts'
import { endsOf } from './batches.ts'
import { differencesInWords, isWhatEventsSay } from './differencesInWords.ts'
import { rebuild } from './rebuild.ts'
import { readModelVersion } from './schema.ts'

let database: MigratedDatabase
let eventStore: Awaited<ReturnType<typeof testEventStore>>
let store: EventStore
let rebuilding: ReturnType<typeof connections>
let administrator: Client
beforeAll(async () => {
  database = await migratedDatabase()
  eventStore = await testEventStore()
  store = connectEventStore(eventStore.connectionString)
  await everyEvent(historyWriter(store))
  const projector = runningProjector(database.urls.projector, eventStore.connectionString)
  await reached(projector.pool, (await endsOf(store, 0n)).ours)
  await projector.stop()
})
beforeEach(async () => {
  rebuilding = connections(database.urls.projector, eventStore.connectionString)
  administrator = new Client({ connectionString: database.adminUrl })
  await administrator.connect()
})
afterEach(async () => {
  // Whatever a test has done to the read models, the next one finds true ones.
  await rebuild({ ...rebuilding, onProgress: () => {} })
  await administrator.end()
  await rebuilding.end()
})
afterAll(async () => {
  await store.close()
  await eventStore.close()
  await database.drop()
})

const rebuilt = async () => {
  const { auditDifferences } = await rebuild({ ...rebuilding, onProgress: () => {} })
  return {
    ...auditDifferences,
    isTrue: isWhatEventsSay(auditDifferences),
    words: differencesInWords(auditDifferences),
  }
}
const positions = async () => {
  const { rows } = await administrator.query<{ position: string }>(
    'select position from read.audit order by position',
  )
  return rows.map(({ position }) => position)
}
const copied = (position: string) =>
  `insert into read.audit select ${position}, gen_random_uuid(), type, category, subject_id, subject, revision, actor, actor_id, at,
     stored_at, 'Approved by Nobody (forged)', correlation_id, source_address, data, search from read.audit order by position limit 1`

describe('a rebuild compares the audit log with the events, and', () => {
  test('says of an untouched one that it was what they say', async () => {
    const end = (await positions()).at(-1)
    const found = await rebuilt()
    expect(found).toMatchObject({ count: 0, positions: [], notCompared: [], remarks: [], isTrue: true })
    expect(found.words).toBe(`The former audit log was what the events say, up to position ${end}.`)
  })

  test('finds lines that an administrator of PostgreSQL has changed, removed or added', async () => {
    const [first = '', second = ''] = await positions()
    await administrator.query(`update read.audit set summary = 'Nothing happened' where position = $1`, [
      first,
    ])
    await administrator.query('delete from read.audit where position = $1', [second])
    await administrator.query(copied(String(Number(first) - 1)))
    const found = await rebuilt()
    expect(found).toMatchObject({
      count: 3,
      positions: [String(Number(first) - 1), first, second],
      isTrue: false,
    })
    expect(found.words).toContain('Somebody or something else has changed it.')
    expect((await rebuilt()).count).toBe(0)
  })

  test('finds a line beyond the checkpoint, which the projector’s own login can add', async () => {
    await rebuilding.pool.query(copied('999999999'))
    const found = await rebuilt()
    expect(found).toMatchObject({ count: 1, positions: ['999999999'], isTrue: false })
    expect(found.words).toMatch(/differed from the events in 1 line, at position 999999999\. Somebody/)
  })

  test('finds a line beyond the checkpoint of a projector that has not come to the end', async () => {
    const [, , third = ''] = await positions()
    await administrator.query('delete from read.audit where position > $1', [third])
    await administrator.query('delete from read.ignored_events where position > $1', [third])
    await administrator.query('update read.checkpoint set position = $1', [third])
    expect(await rebuilt()).toMatchObject({ count: 0, upTo: third, isTrue: true })
    await administrator.query('delete from read.audit where position > $1', [third])
    await administrator.query('delete from read.ignored_events where position > $1', [third])
    await administrator.query('update read.checkpoint set position = $1', [third])
    await rebuilding.pool.query(copied(String(Number(third) + 1)))
    expect(await rebuilt()).toMatchObject({ count: 1, positions: [String(Number(third) + 1)], isTrue: false })
  })

  test.each([-1, 1])(
    'compares all the same where the version was moved by %i, and tells of it',
    async (by) => {
      const [first] = await positions()
      await administrator.query(`update read.audit set summary = 'Nothing happened' where position = $1`, [
        first,
      ])
      await administrator.query('update read.checkpoint set version = version + $1', [by])
      const found = await rebuilt()
      expect(found).toMatchObject({
        count: 1,
        positions: [first],
        otherVersion: readModelVersion + by,
        isTrue: false,
      })
      expect(found.words).toContain(`It was told to be of version ${readModelVersion + by}`)
    },
  )

  test.each([
    ['moved back', 'update read.checkpoint set position = 0', /stood at position 0, before its line at \d+/],
    [
      'moved ahead',
      'update read.checkpoint set position = 999999999',
      /beyond the event store's last event at \d+/,
    ],
    ['emptied', 'delete from read.checkpoint', /checkpoint is gone/],
    ['removed', 'drop table read.checkpoint', /checkpoint is gone/],
    [
      'of other columns',
      'alter table read.checkpoint rename position to place',
      /checkpoint could not be read: column/,
    ],
  ])('finds what was changed, and tells of the checkpoint, where it was %s', async (_, tampering, told) => {
    const [first, second] = await positions()
    await administrator.query('delete from read.audit where position = $1', [second])
    await administrator.query(`update read.audit set actor = '{}' where position = $1`, [first])
    await administrator.query(tampering)
    const found = await rebuilt()
    expect(found).toMatchObject({ count: 2, positions: [first, second], isTrue: false })
    expect(found.words).toMatch(told)
  })

  test.each([
    [
      'the table was renamed',
      'alter table read.audit rename to log',
      /because there is no table read\.audit/,
    ],
    ['the table was dropped', 'drop table read.audit', /because there is no table read\.audit/],
    [
      'a column is missing',
      'alter table read.audit drop column summary',
      /read\.audit has other columns .*: summary/,
    ],
    [
      'a column has another type',
      'alter table read.audit alter subject type varchar',
      /other columns .*: subject/,
    ],
    [
      'it may not be read',
      'revoke all on read.audit from portal_projector, portal_audit',
      /read\.audit: permission denied/,
    ],
  ])('says that it could not be compared where %s', async (_, tampering, told) => {
    await administrator.query(tampering)
    const found = await rebuilt()
    expect(found).toMatchObject({ count: 0, isTrue: false })
    expect(found.words).toMatch(/^The former audit log could not be compared with the events, because /)
    expect(found.words).toMatch(told)
  })

  test('compares the other columns where one is missing', async () => {
    const [first] = await positions()
    await administrator.query(`update read.audit set type = 'Nothing' where position = $1`, [first])
    await administrator.query('alter table read.audit drop column summary')
    const found = await rebuilt()
    expect(found).toMatchObject({ count: 1, positions: [first] })
    expect(found.words).toContain('It could not be compared in full, because read.audit has other columns')
  })

  test('counts a line that stands twice, and a forged event that was told to be left out', async () => {
    const [first] = await positions()
    await administrator.query(
      'alter table read.audit drop constraint audit_pkey, drop constraint audit_event_id_key',
    )
    await administrator.query('insert into read.audit select * from read.audit where position = $1', [first])
    await rebuilding.pool.query(
      `insert into read.ignored_events select 999999999, gen_random_uuid(), type, 'request-x', 0, 'repeated', at, stored_at
       from read.audit limit 1`,
    )
    expect(await rebuilt()).toMatchObject({ count: 2, positions: [first, '999999999'] })
  })

  test('says that there was none where the read models were dropped', async () => {
    await administrator.query('drop schema read cascade')
    expect((await rebuilt()).words).toBe(
      'There were no read models before, so no audit log to compare with the events.',
    )
  })
})

test('the program that operators run ends with exit code 2 and says so where not all was true, else with 0', async () => {
  const run = promisify(execFile)
  const program = () =>
    run(process.execPath, ['--import', 'tsx', 'projector/src/rebuildMain.ts'], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: {
        ...process.env,
        POSTGRES_URL: database.urls.projector,
        EVENTSTORE_URL: eventStore.connectionString,
      },
    })
  await rebuilding.pool.query(copied('999999999'))
  await expect(program()).rejects.toMatchObject({
    code: 2,
    stdout: expect.stringContaining('Rebuilt the read models from') as string,
    stderr: expect.stringContaining('differed from the events in 1 line, at position 999999999') as string,
  })
  expect((await program()).stdout).toContain('The former audit log was what the events say, up to position')
})

describe('a projector', () => {
  test('that rebuilds by itself for a new version tells as an error what differed', async () => {
    const [first] = await positions()
    await administrator.query(`update read.audit set summary = 'Nothing happened' where position = $1`, [
      first,
    ])
    await administrator.query('update read.checkpoint set version = version - 1')
    const lines: { level: string; msg: string }[] = []
    const out = new Writable({
      write(line: Buffer, _, done) {
        lines.push(JSON.parse(String(line)) as (typeof lines)[number])
        done()
      },
    })
    const projector = startProjector({
      ...rebuilding,
      log: createLog('projector', 'info', out),
      trustedProxyHops: 0,
    })
    await eventually(() =>
      expect(lines).toContainEqual(
        expect.objectContaining({
          level: 'error',
          msg: expect.stringContaining(`differed from the events in 1 line, at position ${first}`) as string,
        }),
      ),
    )
    await projector.stop()
  })

  test('that starts over a line beyond its checkpoint says that it did not write it', async () => {
    await rebuilding.pool.query(copied('999999999'))
    const projector = startProjector({ ...rebuilding, log: silent, trustedProxyHops: 0 })
    await eventually(() =>
      expect(projector.status.failure?.message).toMatch(
        /at position 999999999, .* did not write.*npm run rebuild/,
      ),
    )
    await projector.stop()
  })

  test('says that it has no checkpoint, and how it gets one', async () => {
    await administrator.query('drop table read.checkpoint')
    const projector = startProjector({ ...rebuilding, log: silent, trustedProxyHops: 0 })
    await eventually(() =>
      expect(projector.status.failure?.message).toMatch(/no checkpoint.*npm run rebuild/),
    )
    await projector.stop()
  })
})
