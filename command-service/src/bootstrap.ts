import { streamName, type EventMetadata } from '@sre-portal/contracts'
import { canonicalEmail, decideUser, isDemoAddress } from '@sre-portal/domain'
import { loadUser } from '@sre-portal/platform/aggregates'
import { handleCommand } from '@sre-portal/platform/commandHandler'
import { currentSchemaVersion } from '@sre-portal/platform/eventCodec'
import { passwordHashOf, storePasswordHash } from './auth/credentials.ts'
import type { Passwords } from './auth/passwords.ts'
import type { Context } from './context.ts'
import { openDirectory } from './directoryStream.ts'
import { noteAdministrator } from './users/administrators.ts'
import { userIdOf } from './users/routes.ts'

/** Registers the first administrator where there is no account with this address; an existing one keeps its password. */
export async function ensureFirstAdministrator(
  context: Context,
  passwords: Passwords,
  { email, name, password }: { email: string; name: string; password: string },
): Promise<void> {
  const userId = userIdOf(email)
  const { state } = await loadUser(context.store, userId)
  if (!state) {
    await handleCommand(context.store, {
      stream: streamName('user', userId),
      load: () => loadUser(context.store, userId),
      decide: (now) =>
        now
          ? []
          : decideUser(now, {
              type: 'RegisterUser',
              userId,
              email,
              name,
              role: 'ADMIN',
              demo: isDemoAddress(email),
            }),
      metadata: bootstrapMetadata(context),
      key: 'bootstrap',
    })
    context.log.info({ userId }, 'registered the first administrator')
  }
  await openDirectory(context)
  await noteAdministrator(context, bootstrapMetadata(context), userId)
  if ((await passwordHashOf(context.pool, userId)) === null)
    await storePasswordHash(
      context.pool,
      { id: userId, email: canonicalEmail(email) },
      await passwords.hash(userId, password, 'bootstrap'),
      0,
    )
}

const bootstrapMetadata = (context: Context): EventMetadata => ({
  actor: { kind: 'service', name: 'bootstrap' },
  at: context.now().toISOString(),
  correlationId: context.newId(),
  schemaVersion: currentSchemaVersion,
})
