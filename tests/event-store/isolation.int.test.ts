import {
  binaryEvent,
  jsonEvent,
  PARK,
  persistentSubscriptionToAllSettingsFromDefaults,
  START,
  type JSONType,
} from '@eventstore/db-client'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import {
  all,
  collect,
  consume,
  event,
  eventually,
  failure,
  freshStream,
  numbers,
  useEmbeddedStore,
} from './support.ts'
import { streamGroups } from './persistentSupport.ts'

const store = useEmbeddedStore()
const groups = streamGroups(store)

async function sql(text: string): Promise<void> {
  const client = new Client(store.postgresUrl)
  await client.connect()
  await client.query(text)
  await client.end()
}

describe('What one caller sends', () => {
  it.each([
    ['of 3,000 characters', 'g'.repeat(3000)],
    ['just too long for the streams of the group', 'g'.repeat(1970)],
    ['with a NUL', 'g\0roup'],
  ])('a group name %s is refused, and nobody else notices', async (_, name) => {
    const settings = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START })
    expect(await failure(store.client.createPersistentSubscriptionToAll(name, settings))).toMatchObject({
      type: 'persistent-subscription-failed',
    })
    const stream = await groups.group(1)
    expect((await groups.info(stream)).groupName).toBe('group')
    expect(await store.client.listAllPersistentSubscriptions()).not.toEqual([])
    await store.client.appendToStream(freshStream(), event(1))
  })

  it('the longest names that are allowed work', async () => {
    const name = 'g'.repeat(1900)
    const settings = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START })
    await store.client.createPersistentSubscriptionToAll(name, settings)
    await store.client.deletePersistentSubscriptionToAll(name)
  })

  it('a name with a NUL is no stream for readers, and refused for writers, beside others that go on', async () => {
    const other = freshStream()
    const outcomes = await Promise.allSettled([
      store.client.appendToStream('a\0b', event(1)),
      store.client.appendToStream(other, event(1)),
      all(store.client.readStream('a\0b')),
      store.client.deleteStream('a\0b'),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'rejected'])
    expect(await failure(all(store.client.readStream('a\0b')))).toMatchObject({ type: 'stream-not-found' })
  })

  it('an append that PostgreSQL refuses fails alone, whatever it is written together with', async () => {
    await sql(`
      CREATE FUNCTION eventlog.refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF new.type = 'Refused' THEN RAISE 'too strange to keep'; END IF; RETURN new; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON eventlog.events FOR EACH ROW EXECUTE FUNCTION eventlog.refuse()`)
    const streams = Array.from({ length: 40 }, () => freshStream())
    const outcomes = await Promise.allSettled(
      streams.map((stream, n) =>
        store.client.appendToStream(stream, event(n, n % 10 === 3 ? 'Refused' : 'Kept')),
      ),
    )
    for (const [n, outcome] of outcomes.entries()) {
      if (n % 10 !== 3) expect(outcome.status).toBe('fulfilled')
      else expect(String((outcome as PromiseRejectedResult).reason)).toContain('BadRequest')
    }
    expect(store.logged.join('\n')).toMatch(/PostgreSQL refused an append to stream-.*: too strange to keep/)
    const kept = await all(store.client.readAll())
    const own = kept.filter(({ event: recorded }) => streams.includes(recorded?.streamId ?? ''))
    expect(own.length).toBe(36)
    await sql('DROP TRIGGER refuse ON eventlog.events')
  })

  it('an event of 40 MB fails alone, in the call that all appends of the client share', async () => {
    const [before, large, after] = [freshStream(), freshStream(), freshStream()]
    const outcomes = await Promise.allSettled([
      store.client.appendToStream(before, event(1)),
      store.client.appendToStream(large, binaryEvent({ type: 'Large', data: new Uint8Array(40_000_000) })),
      store.client.appendToStream(after, event(2)),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((outcomes[1] as PromiseRejectedResult).reason).toMatchObject({
      type: 'maximum-append-size-exceeded',
    })
    expect(numbers(await all(store.client.readStream(after)))).toEqual([2])
    expect(await failure(all(store.client.readStream(large)))).toMatchObject({ type: 'stream-not-found' })
  })

  it('a filter that would take for ever elsewhere takes no time, and those beyond RE2 are refused', async () => {
    const stream = `${'a'.repeat(34)}!`
    const filter = (regex: RegExp) =>
      ({ filterOn: 'streamName', regex: regex.source, checkpointInterval: 1 }) as const
    const followed = collect(store.client.subscribeToAll({ filter: filter(/^(a+)+$/) }))
    const matching = collect(store.client.subscribeToAll({ filter: filter(/^(a+)+!$/) }))
    await store.client.appendToStream(stream, event(1))
    await eventually(() => expect(matching.events).toHaveLength(1))
    await eventually(() => expect(followed.journal).toContain('caughtUp'))
    expect(followed.events).toEqual([])
    for (const regex of [/(?=a)b/, /(a)\1/, new RegExp(`^${'a'.repeat(1001)}`)]) {
      const refused = collect(store.client.subscribeToAll({ filter: filter(regex) }))
      await eventually(() => expect(String(refused.errors[0])).toContain('INVALID_ARGUMENT'))
    }
  })

  it('a stored filter that is refused leaves its group not ready, and the other groups alone', async () => {
    const settings = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START })
    for (const name of ['strange', 'plain'])
      await store.client.createPersistentSubscriptionToAll(name, settings, {
        filter: { filterOn: 'streamName', regex: '^replaced-later', checkpointInterval: 1 },
      })
    const stored = await all(store.client.readStream('$persistentSubscriptionConfig'))
    const config = JSON.stringify(stored.at(-1)?.event?.data)
    const changed = JSON.parse(config.replace('^replaced-later', '(?=x)')) as JSONType
    await store.client.appendToStream(
      '$persistentSubscriptionConfig',
      jsonEvent({ type: '$PersistentConfig', data: changed }),
    )
    await store.client.restartPersistentSubscriptionSubsystem()
    const status = async (name: string) =>
      (await store.client.getPersistentSubscriptionToAllInfo(name)).status
    await eventually(async () => expect(await status('plain')).toBe('Live'))
    expect(await status('strange')).toBe('NotReady')
    await eventually(() =>
      expect(store.logged.filter((line) => line.includes('$all::strange pauses'))).toHaveLength(1),
    )
  })

  it('parked messages that were replayed and not answered are in the log only after a restart', async () => {
    const stream = await groups.group(3)
    const subscription = groups.subscribe(stream)
    const parked = consume(subscription, ({ resolved }) => subscription.nack(PARK, 'later', resolved))
    await eventually(async () => expect((await groups.info(stream)).stats.parkedMessageCount).toBe(3n))
    await eventually(async () =>
      expect((await groups.info(stream)).stats.lastCheckpointedEventRevision).toBe(2n),
    )
    expect(parked.errors).toEqual([])
    await subscription.unsubscribe()
    await store.client.replayParkedMessagesToStream(stream, 'group')
    await store.restart()
    const again = groups.subscribe(stream)
    const delivered = consume(again, ({ resolved }) => again.ack(resolved))
    await store.client.appendToStream(stream, event(3))
    await eventually(() => expect(numbers(delivered.deliveries.map(({ resolved }) => resolved))).toEqual([3]))
    expect((await groups.info(stream)).stats.parkedMessageCount).toBe(0n)
    expect(numbers(await all(store.client.readStream(stream)))).toEqual([0, 1, 2, 3])
    await again.unsubscribe()
  })
})
