import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadInstance } from '@sre-portal/platform/aggregates'
import { connectEventStore, type EventStore } from '@sre-portal/platform/eventStore'
import { createLog } from '@sre-portal/platform/log'
import { createPool, type Pool } from '@sre-portal/platform/postgres'
import { instancePasswordOf, open, parseKeyRing, seal } from '@sre-portal/platform/secretBox'
import { missingKeys, missingKeysInWords } from '@sre-portal/platform/storedSecrets'
import { historyWriter } from '@sre-portal/platform/testing/historyWriter'
import { testEventStore } from '@sre-portal/tests/setup/eventStore.ts'
import { migratedDatabase, type MigratedDatabase } from '@sre-portal/tests/setup/postgres.ts'
import { rotate } from './rotate.ts'

const key = () => randomBytes(32).toString('base64')
const [k1, k2] = [key(), key()]
const old = parseKeyRing(`k1:${k1}`)
const both = parseKeyRing(`k2:${k2},k1:${k1}`)
const onlyNew = parseKeyRing(`k2:${k2}`)

let database: MigratedDatabase
let server: Awaited<ReturnType<typeof testEventStore>>
let store: EventStore
let pool: Pool
let vault: Parameters<typeof rotate>[0]
beforeAll(async () => {
  database = await migratedDatabase()
  server = await testEventStore()
  store = connectEventStore(server.connectionString)
  pool = createPool(database.adminUrl, 'vault', createLog('vault', 'silent'), 2)
  vault = { pool, store, keyRing: both, now: () => new Date(), newId: () => randomUUID() }
})
afterAll(async () => {
  await pool.end()
  await store.close()
  await server.close()
  await database.drop()
})

const ids: Record<'bound' | 'before' | 'moved', string> = { bound: '', before: '', moved: '' }
const instanceOf = async (id: string) => {
  const { state } = await loadInstance(store, id)
  if (!state) throw new Error(`no instance ${id}`)
  return state
}
const sealedOf = async (id: string) => {
  const { rows } = await pool.query<{ ciphertext: string; key_id: string }>(
    'select ciphertext, key_id from record.target_credentials where instance_id = $1',
    [id],
  )
  return rows[0] ?? { ciphertext: '', key_id: '' }
}
const keep = (id: string, ciphertext: string) =>
  pool.query(
    `insert into record.target_credentials (instance_id, key_id, ciphertext) values ($1, 'k1', $2)`,
    [id, ciphertext],
  )
const eventsOf = async (id: string) =>
  (await loadInstance(store, id)).events
    .map(({ type, data }) => ({ type, data }))
    .filter(({ type }) => type.startsWith('InstanceSecret'))

describe('rotating', () => {
  beforeAll(async () => {
    const write = historyWriter(store)
    for (const name of ['bound', 'before', 'moved'] as const) {
      ids[name] = await write.instance(name)
      const purpose = instancePasswordOf(await instanceOf(ids[name]))
      const unbound = { ...purpose, owner: purpose.ownerBefore }
      const secret = `secret of ${name}`
      await keep(
        ids[name],
        name === 'bound'
          ? seal(old, purpose, secret)
          : seal(old, unbound, secret).replace(/^v2/, name === 'before' ? 'v1' : 'v2'),
      )
    }
  })

  it('is asked for by whoever lacks the key, by name', async () => {
    expect(await missingKeys(pool, old)).toEqual([])
    expect(missingKeysInWords(await missingKeys(pool, onlyNew))).toEqual([
      'The key k1 is not configured (CREDENTIAL_KEYS), and the passwords of 3 instances are sealed by it.',
    ])
  })

  it('seals by the active key and for the place, tells it by events, and names what it could not open', async () => {
    const told = await rotate(vault)
    expect({ ...told, resealed: [...told.resealed].sort() }).toEqual({
      resealed: [ids.bound, ids.before].sort(),
      asNow: [],
      refused: [{ instanceId: ids.moved, reason: 'The stored secret does not belong here or was changed.' }],
    })
    for (const name of ['bound', 'before'] as const) {
      const { ciphertext, key_id: keyId } = await sealedOf(ids[name])
      expect([keyId, ciphertext.slice(0, 6)]).toEqual(['k2', 'v2:k2:'])
      const purpose = instancePasswordOf(await instanceOf(ids[name]))
      expect(open(onlyNew, purpose, ciphertext)).toBe(`secret of ${name}`)
      expect(await eventsOf(ids[name])).toEqual([{ type: 'InstanceSecretResealed', data: { keyId: 'k2' } }])
    }
    expect(await eventsOf(ids.moved)).toEqual([
      { type: 'InstanceSecretRefused', data: { reason: 'changed', keyId: 'k1' } },
    ])
  })

  it('does nothing a second time', async () => {
    const before = await sealedOf(ids.bound)
    const again = await rotate(vault)
    expect([again.resealed, again.asNow.length, again.refused.length]).toEqual([[], 2, 1])
    expect(await sealedOf(ids.bound)).toEqual(before)
    expect(await eventsOf(ids.moved)).toHaveLength(1)
  })

  it('goes on where it was stopped between event and row', async () => {
    const purpose = instancePasswordOf(await instanceOf(ids.bound))
    await pool.query('delete from record.target_credentials where instance_id = $1', [ids.bound])
    await keep(ids.bound, seal(old, purpose, 'secret of bound'))
    const stopped = { ...vault, pool: failingToWrite(pool) }
    await expect(rotate(stopped)).rejects.toThrow('stopped')
    expect((await sealedOf(ids.bound)).key_id).toBe('k1')
    expect((await rotate(vault)).resealed).toEqual([ids.bound])
    expect((await sealedOf(ids.bound)).key_id).toBe('k2')
  })
})

const failingToWrite = (real: Pool): Pool =>
  ({
    query: (text: string, values: unknown[]) =>
      text.startsWith('select') ? real.query(text, values) : Promise.reject(new Error('stopped')),
  }) as unknown as Pool
