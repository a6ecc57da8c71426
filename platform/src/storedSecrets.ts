import { createHash } from 'node:crypto'
import { streamName, type EventMetadata } from '@sre-portal/contracts'
import { derivedId } from './commandHandler.ts'
import type { EventStore } from './eventStore.ts'
import type { Pool } from './postgres.ts'
import type { KeyRing, SecretUnreadable } from './secretBox.ts'
import { within } from './within.ts'

/** Stored passwords of instances whose key is not in the ring, by key. */
export interface MissingKey {
  keyId: string
  instanceIds: string[]
}

/** Finds what can't be decrypted because its key was taken out of the ring; reads no secret. */
export async function missingKeys(pool: Pool, ring: KeyRing): Promise<MissingKey[]> {
  const { rows } = await pool.query<MissingKey>(
    `select key_id as "keyId", array_agg(instance_id::text order by instance_id) as "instanceIds"
     from record.target_credentials where key_id <> all($1) group by key_id order by key_id`,
    [[...ring.keys.keys()]],
  )
  return rows
}

/** Why a service with this ring can't do all of its work, as a sentence for each key that is missing. */
export const missingKeysInWords = (missing: readonly MissingKey[]): string[] =>
  missing.map(
    ({ keyId, instanceIds }) =>
      `The key ${keyId} is not configured (CREDENTIAL_KEYS), and the passwords of ${instanceIds.length} instances are sealed by it.`,
  )

const lookMs = 1_000

/** The same for a readiness probe: none while PostgreSQL doesn't answer, which is a trouble of its own. */
export const missingKeyTroubles = (pool: Pool, ring: KeyRing): Promise<string[]> =>
  within(lookMs, missingKeys(pool, ring), () => []).then(missingKeysInWords, () => [])

/**
 * Tells by an event that a stored password was not used: somebody changed it in the database, or its key is missing. Once for each stored
 * text, however often it is met; the fact depends on no state, so it is appended whatever the stream's revision is.
 */
export async function tellRefusedSecret(
  store: EventStore,
  { instanceId, sealed }: { instanceId: string; sealed: string },
  { reason, keyId }: SecretUnreadable,
  metadata: EventMetadata,
): Promise<void> {
  const stream = streamName('instance', instanceId)
  const sha256 = createHash('sha256').update(sealed).digest('hex')
  const id = derivedId(stream, 'InstanceSecretRefused', reason, sha256)
  const told = await store.readStream(stream)
  if (told.some((event) => event.id === id)) return
  await store.record(stream, [
    { id, event: { type: 'InstanceSecretRefused', data: { reason, keyId: keyId.slice(0, 20) } }, metadata },
  ])
}
