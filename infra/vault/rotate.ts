import { createHash } from 'node:crypto'
import { streamName, type EventMetadata } from '@sre-portal/contracts'
import { loadInstance } from '@sre-portal/platform/aggregates'
import { derivedId } from '@sre-portal/platform/commandHandler'
import { currentSchemaVersion } from '@sre-portal/platform/eventCodec'
import type { EventStore } from '@sre-portal/platform/eventStore'
import type { Pool } from '@sre-portal/platform/postgres'
import {
  instancePasswordOf,
  isSealedAsNow,
  open,
  seal,
  SecretUnreadable,
  type KeyRing,
} from '@sre-portal/platform/secretBox'
import { tellRefusedSecret } from '@sre-portal/platform/storedSecrets'

export interface Vault {
  pool: Pool
  store: EventStore
  keyRing: KeyRing
  now: () => Date
  newId: () => string
}

/** What became of the stored passwords: each instance is in one of the lists. */
export interface Rotation {
  resealed: string[]
  asNow: string[]
  /** Not opened, with the reason; nothing was changed of them. */
  refused: { instanceId: string; reason: string }[]
}

interface Stored {
  instance_id: string
  ciphertext: string
}

/**
 * Seals every stored password anew: by the active key, and for the place that its instance has. It may be stopped and run again; what was
 * changed meanwhile is left alone. Each is told by an event before its row is written, and no text is ever shown.
 */
export async function rotate(vault: Vault): Promise<Rotation> {
  const { rows } = await vault.pool.query<Stored>(
    'select instance_id, ciphertext from record.target_credentials order by instance_id',
  )
  const rotation: Rotation = { resealed: [], asNow: [], refused: [] }
  for (const { instance_id: instanceId, ciphertext } of rows) {
    if (isSealedAsNow(vault.keyRing, ciphertext)) rotation.asNow.push(instanceId)
    else {
      const reason = await reseal(vault, instanceId, ciphertext)
      if (reason === null) rotation.resealed.push(instanceId)
      else rotation.refused.push({ instanceId, reason })
    }
  }
  return rotation
}

async function reseal(vault: Vault, instanceId: string, ciphertext: string): Promise<string | null> {
  const { store, keyRing, pool } = vault
  const { state } = await loadInstance(store, instanceId)
  if (!state) return 'The event store knows no such instance.'
  const purpose = instancePasswordOf(state)
  try {
    const sealed = seal(keyRing, purpose, open(keyRing, purpose, ciphertext))
    const metadata = metadataOf(vault)
    const event = { type: 'InstanceSecretResealed' as const, data: { keyId: keyRing.activeKeyId } }
    await store.record(streamName('instance', instanceId), [
      { id: derivedId(instanceId, event.type, keyRing.activeKeyId, digestOf(ciphertext)), event, metadata },
    ])
    await pool.query(
      `update record.target_credentials set ciphertext = $3, key_id = $4, updated_at = now()
       where instance_id = $1 and ciphertext = $2`,
      [instanceId, ciphertext, sealed, keyRing.activeKeyId],
    )
    return null
  } catch (error) {
    if (!(error instanceof SecretUnreadable)) throw error
    await tellRefusedSecret(store, { instanceId, sealed: ciphertext }, error, metadataOf(vault))
    return error.message
  }
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')

const metadataOf = ({ now, newId }: Vault): EventMetadata => ({
  actor: { kind: 'service', name: 'vault' },
  at: now().toISOString(),
  correlationId: newId(),
  schemaVersion: currentSchemaVersion,
})
