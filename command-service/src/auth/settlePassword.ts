import { streamName, type UserEvent } from '@sre-portal/contracts'
import type { User } from '@sre-portal/domain'
import { loadUser } from '@sre-portal/platform/aggregates'
import { eventId } from '@sre-portal/platform/commandHandler'
import type { StoredEvent } from '@sre-portal/platform/eventCodec'
import { inTransaction } from '@sre-portal/platform/postgres'
import type { Context } from '../context.ts'
import {
  dateStored,
  forgetPrepared,
  forgetUnused,
  preparedFor,
  preparePassword,
  storedPasswordOf,
  usersWithoutRevision,
  usersWithPrepared,
  writePassword,
  type PreparedPassword,
  type StoredPassword,
} from './credentials.ts'
import { endSessionsOf } from './sessions.ts'

/** An account as its stream tells it, and its stored password with whether that is the one that the stream speaks of. */
export interface KnownAccount {
  user: User
  password: StoredPassword | null
  /** Id of the last event that has set a password. */
  setBy: string
  /** False when the hash of the last password that the log tells of is stored nowhere. */
  isCurrent: boolean
}

/** What a command has that was carried out before, perhaps by a version that prepared nothing. */
export interface OfCommand extends PreparedPassword {
  /** Of the command's last event. */
  revision: number
}

type PasswordEvent = StoredEvent<UserEvent & { type: 'UserRegistered' | 'UserPasswordChanged' }>

const setsPassword = ({ type }: Pick<UserEvent, 'type'>): boolean =>
  type === 'UserRegistered' || type === 'UserPasswordChanged'

const passwordEvents = (events: readonly StoredEvent<UserEvent>[]) =>
  events.filter((event): event is PasswordEvent => setsPassword(event))

/** True when what is stored is of the last event that has set a password, or later. */
export function isOfLastPassword(
  events: readonly StoredEvent<UserEvent>[],
  stored: { revision: number } | null,
): boolean {
  const last = passwordEvents(events).at(-1)
  return !last || (stored !== null && stored.revision >= last.revision)
}

/** Never reads an account's password but beside the last event that has set one; what was left behind is settled first. */
export async function knownAccount(context: Context, userId: string): Promise<KnownAccount | null> {
  const [password, { state, events }] = await Promise.all([
    storedPasswordOf(context.pool, userId),
    loadUser(context.store, userId),
  ])
  const last = passwordEvents(events).at(-1)
  if (!state || !last) return null
  if (isOfLastPassword(events, password)) return { user: state, password, setBy: last.id, isCurrent: true }
  return settlePassword(context, userId)
}

/** Keeps the hash for that of these events that will set it; they are the ones that a command with this key is about to append. */
export async function prepareFor(
  { pool }: Context,
  { userId, key, events }: { userId: string; key: string; events: readonly UserEvent[] },
  password: PreparedPassword,
): Promise<void> {
  const index = events.findIndex(setsPassword)
  if (index < 0) throw new Error('a password was given, and no event sets it')
  await preparePassword(pool, userId, eventId({ stream: streamName('user', userId), key }, index), password)
}

/**
 * Makes the stored password the one of the last event that has set one, and ends the sessions that began with another. May be done by anybody,
 * at any time and again: whoever reads the log under the account's lock comes to the same. Where the hash of that event is nowhere, what is
 * stored stays, to tell who gives it what happened, and opens nothing.
 */
export const settlePassword = (
  context: Context,
  userId: string,
  command: OfCommand | null = null,
): Promise<KnownAccount | null> =>
  inTransaction(context.pool, async (connection) => {
    await connection.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`password ${userId}`])
    const { state, events } = await loadUser(context.store, userId)
    const setting = passwordEvents(events)
    const last = setting.at(-1)
    if (!state || !last) return null
    const stored = await storedPasswordOf(connection, userId)
    const prepared = await preparedFor(connection, last.id)
    // What is prepared counts whatever is stored: of a log that was restored to an earlier state, what is stored may seem to be the later one.
    if (!prepared && stored && stored.revision >= last.revision)
      return { user: state, password: stored, setBy: last.id, isCurrent: true }
    const next = prepared ?? (command && last.revision <= command.revision ? command : null)
    await endSessionsOf(connection, userId, next?.keptSessionId ?? null)
    if (!next) {
      context.log.error(
        { userId },
        'the last password of an account is not stored: an administrator sets a new one',
      )
      return { user: state, password: stored, setBy: last.id, isCurrent: false }
    }
    const password = { hash: next.hash, revision: last.revision }
    await writePassword(connection, state, password)
    await forgetPrepared(
      connection,
      setting.map(({ id }) => id),
    )
    return { user: state, password, setBy: last.id, isCurrent: true }
  })

/** Settles what others have left behind: a password is in force within seconds of its event although its service died. */
export async function settlePrepared(context: Context): Promise<void> {
  for (const userId of await usersWithPrepared(context.pool)) await settlePassword(context, userId)
  await forgetUnused(context.pool)
}

/** Once, after an update: what earlier versions have stored is of the last event that there is. */
export async function dateStoredPasswords(context: Context): Promise<void> {
  for (const userId of await usersWithoutRevision(context.pool)) {
    const { events } = await loadUser(context.store, userId)
    const last = passwordEvents(events).at(-1)
    if (last) await dateStored(context.pool, userId, last.revision)
  }
}
