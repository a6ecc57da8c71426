import { connectsWithoutLogin, refusalOfEndpoint, type Instance } from '@sre-portal/domain'
import { currentSchemaVersion } from '@sre-portal/platform/eventCodec'
import { instancePasswordOf, open, SecretUnreadable } from '@sre-portal/platform/secretBox'
import { tellRefusedSecret } from '@sre-portal/platform/storedSecrets'
import type { ExecutorContext } from '../context.ts'
import type { MongoTarget } from '../mongo/connection.ts'
import type { PostgresTarget } from '../postgres/target.ts'

/** Thrown when an instance can't be connected to for a reason of ours; the message may be shown. */
export class TargetUnusable extends Error {
  override readonly name = 'TargetUnusable'
}

/** The password of an instance; it goes nowhere but into the connection. Sealed for another place or login, it does not open. */
export async function passwordOf(context: ExecutorContext, instance: Instance): Promise<string> {
  if (connectsWithoutLogin(instance)) return ''
  const { rows } = await context.pool.query<{ ciphertext: string }>(
    'select ciphertext from record.target_credentials where instance_id = $1',
    [instance.id],
  )
  const [row] = rows
  if (!row) throw new TargetUnusable('No password is stored for this instance.')
  try {
    return open(context.keyRing, instancePasswordOf(instance), row.ciphertext)
  } catch (error) {
    if (!(error instanceof SecretUnreadable)) throw error
    context.log.error({ err: error, instanceId: instance.id }, 'a stored password can not be decrypted')
    await tellRefusedSecret(context.store, { instanceId: instance.id, sealed: row.ciphertext }, error, {
      actor: { kind: 'service', name: 'executor' },
      at: context.now().toISOString(),
      correlationId: context.newId(),
      schemaVersion: currentSchemaVersion,
    })
    throw new TargetUnusable('The stored password of this instance can not be decrypted.')
  }
}

/** Where a MongoDB request connects to. */
export async function mongoTarget(
  context: ExecutorContext,
  instance: Instance,
  database: string,
): Promise<MongoTarget> {
  const { endpoint } = instance
  const refusal = refusalOfEndpoint('mongodb', endpoint, context.addresses.allowed)
  if (refusal !== null) {
    // The words name the address, which requesters don't know.
    context.log.warn({ instanceId: instance.id, refusal }, 'an address is refused')
    throw new TargetUnusable('The address of this instance is one that the portal does not connect to.')
  }
  const password = await passwordOf(context, instance)
  return { endpoint, database, username: instance.username, password, addresses: context.addresses }
}

/** Where a PostgreSQL request connects to. */
export async function postgresTarget(
  context: ExecutorContext,
  instance: Instance,
  database: string,
): Promise<PostgresTarget> {
  const { endpoint } = instance
  if (endpoint.kind !== 'host') throw new TargetUnusable('A PostgreSQL instance is reached by host and port.')
  return {
    host: endpoint.host,
    port: endpoint.port,
    tls: endpoint.tls,
    database,
    username: instance.username,
    password: await passwordOf(context, instance),
  }
}
