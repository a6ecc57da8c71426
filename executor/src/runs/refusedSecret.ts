import { createHash } from 'node:crypto'
import { streamName } from '@sre-portal/contracts'
import { derivedId } from '@sre-portal/platform/commandHandler'
import { currentSchemaVersion } from '@sre-portal/platform/eventCodec'
import type { SecretUnreadable } from '@sre-portal/platform/secretBox'
import type { ExecutorContext } from '../context.ts'

/**
 * Tells by an event that a stored password was not used: somebody changed it in the database, or its key is missing. Once for each stored
 * text, however often it is met; the fact depends on no state, so it is appended whatever the stream's revision is.
 */
export async function tellRefusedSecret(
  context: ExecutorContext,
  instanceId: string,
  sealed: string,
  { reason, keyId }: SecretUnreadable,
): Promise<void> {
  const stream = streamName('instance', instanceId)
  const id = derivedId(
    stream,
    'InstanceSecretRefused',
    reason,
    createHash('sha256').update(sealed).digest('hex'),
  )
  const told = await context.store.readStream(stream)
  if (told.some((event) => event.id === id)) return
  await context.store.record(stream, [
    {
      id,
      event: { type: 'InstanceSecretRefused', data: { reason, keyId: keyId.slice(0, 20) } },
      metadata: {
        actor: { kind: 'service', name: 'executor' },
        at: context.now().toISOString(),
        correlationId: context.newId(),
        schemaVersion: currentSchemaVersion,
      },
    },
  ])
}
