import type { DirectoryEvent, EventMetadata } from '@sre-portal/contracts'
import { DomainError, type User } from '@sre-portal/domain'
import { loadDirectory, loadUser } from '@sre-portal/platform/aggregates'
import type { Context } from '../context.ts'
import { changeDirectory } from '../directoryStream.ts'

const isAdministrator = (user: User | null, demo: boolean): boolean =>
  user !== null && user.active && user.role === 'ADMIN' && (demo || !user.demo)

/**
 * Takes somebody out of the administrators before their own stream says so: of two who take each other out at once, the second finds that
 * nobody else would be left.
 * @throws DomainError `conflict`
 */
export async function releaseAdministrator(
  context: Context,
  metadata: EventMetadata,
  userId: string,
): Promise<void> {
  await changeDirectory(context, metadata, async ({ administrators }): Promise<DirectoryEvent[]> => {
    const others = [...administrators].filter((id) => id !== userId)
    if (!(await anyAdministrator(context, others)))
      throw new DomainError(
        'conflict',
        'This is the last administrator; make another one first. Nothing was changed.',
      )
    return administrators.has(userId) ? [{ type: 'AdministratorRemoved', data: { userId } }] : []
  })
}

/** Asked before a user's own stream is written to, because the directory has to follow. @throws UnreadableEvent when it could not */
export const ensureDirectoryIsRead = async ({ store }: Context): Promise<void> => {
  await loadDirectory(store)
}

/** Makes the directory say of somebody what their own stream says now. */
export async function noteAdministrator(
  context: Context,
  metadata: EventMetadata,
  userId: string,
): Promise<void> {
  await changeDirectory(context, metadata, async ({ administrators }): Promise<DirectoryEvent[]> => {
    const { state } = await loadUser(context.store, userId)
    const isOne = isAdministrator(state, true)
    if (isOne === administrators.has(userId)) return []
    return [{ type: isOne ? 'AdministratorAdded' : 'AdministratorRemoved', data: { userId } }]
  })
}

// The directory may name somebody whose own stream was not written: only that one counts.
async function anyAdministrator(context: Context, ids: readonly string[]): Promise<boolean> {
  for (const id of ids) {
    const { state } = await loadUser(context.store, id)
    if (isAdministrator(state, context.demo)) return true
  }
  return false
}
