import { streamName, type EventMetadata } from '@sre-portal/contracts'
import { decideUser, isDemoAddress, type UserCommand } from '@sre-portal/domain'
import { loadUser } from '@sre-portal/platform/aggregates'
import { handleCommand } from '@sre-portal/platform/commandHandler'
import { currentSchemaVersion } from '@sre-portal/platform/eventCodec'
import type { Passwords } from './auth/passwords.ts'
import { knownAccount, prepareFor, settlePassword } from './auth/settlePassword.ts'
import type { Context } from './context.ts'
import { openDirectory } from './directoryStream.ts'
import { noteAdministrator } from './users/administrators.ts'
import { userIdOf } from './users/userId.ts'

/**
 * Registers the first administrator where there is no account with this address. An existing one keeps its password, as long as there is one that
 * opens it: where its hash is lost, as with a log that was moved to another PostgreSQL, the configured one is set by an event.
 */
export async function ensureFirstAdministrator(
  context: Context,
  passwords: Passwords,
  { email, name, password }: { email: string; name: string; password: string },
): Promise<void> {
  const userId = userIdOf(email)
  const command = async (key: string, wanted: UserCommand): Promise<void> => {
    const next = { hash: await passwords.hash(userId, password, 'bootstrap'), keptSessionId: null }
    const done = await handleCommand(context.store, {
      stream: streamName('user', userId),
      load: () => loadUser(context.store, userId),
      decide: async (now) => {
        // Several services start at once.
        if (now && wanted.type === 'RegisterUser') return []
        const events = decideUser(now, wanted)
        await prepareFor(context, { userId, key, events }, next)
        return events
      },
      metadata: bootstrapMetadata(context),
      key,
    })
    if (done.appended) context.log.info({ userId }, `${wanted.type} of the first administrator`)
    await settlePassword(context, userId)
  }

  if (!(await loadUser(context.store, userId)).state)
    await command('bootstrap', {
      type: 'RegisterUser',
      userId,
      email,
      name,
      role: 'ADMIN',
      demo: isDemoAddress(email),
    })
  await openDirectory(context)
  await noteAdministrator(context, bootstrapMetadata(context), userId)
  const account = await knownAccount(context, userId)
  if (account && !account.isCurrent)
    await command(`bootstrap:${account.setBy}`, { type: 'ChangeUser', passwordChanged: true })
}

const bootstrapMetadata = (context: Context): EventMetadata => ({
  actor: { kind: 'service', name: 'bootstrap' },
  at: context.now().toISOString(),
  correlationId: context.newId(),
  schemaVersion: currentSchemaVersion,
})
