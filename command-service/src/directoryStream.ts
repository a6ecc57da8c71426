import { directoryStream, type DirectoryEvent, type EventMetadata } from '@sre-portal/contracts'
import { canonicalName, DomainError, type Directory } from '@sre-portal/domain'
import { loadDirectory } from '@sre-portal/platform/aggregates'
import { currentSchemaVersion } from '@sre-portal/platform/eventCodec'
import type { Context } from './context.ts'

const mostAttempts = 50
const eventsAtOnce = 500

/**
 * Reads `directory`, decides, and appends at the revision read: of two at once the second decides again on what the first has done.
 * @returns the directory that was decided on, with nothing left to append
 */
export async function changeDirectory(
  context: Context,
  metadata: EventMetadata,
  decide: (state: Directory) => DirectoryEvent[] | Promise<DirectoryEvent[]>,
): Promise<Directory> {
  const { command: _, ...told } = metadata
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const { state, revision } = await loadDirectory(context.store)
    const events = await decide(state)
    if (events.length === 0) return state
    const added = events.slice(0, eventsAtOnce)
    const { appended } = await context.store.append(
      directoryStream,
      added.map((event) => ({ id: context.newId(), event, metadata: told })),
      revision,
    )
    if (appended && added.length === events.length) return state
  }
  throw new DomainError(
    'conflict',
    'Others are changing names or administrators at the same time; nothing was changed. Try again.',
  )
}

/**
 * Opens the directory of a log that has none, from what the streams of users and instances tell: the log of an earlier version, or an empty one.
 * Several services may do it at once. `context.directory` has caught up with the log.
 */
export const openDirectory = (context: Context): Promise<Directory> =>
  changeDirectory(
    context,
    {
      actor: { kind: 'service', name: 'command service' },
      at: context.now().toISOString(),
      correlationId: context.newId(),
      schemaVersion: currentSchemaVersion,
    },
    (state) => {
      if (state.opened) return []
      const administrators = context.directory
        .administrators()
        .filter(({ id }) => !state.administrators.has(id))
      const taken = new Set(state.names.keys())
      // Earlier versions let several instances of one name in: it belongs to the first.
      const unnamed = context.directory.liveInstances().filter(({ name }) => {
        const isFree = !taken.has(canonicalName(name))
        taken.add(canonicalName(name))
        return isFree
      })
      return [
        ...administrators.map(({ id }): DirectoryEvent => ({
          type: 'AdministratorAdded',
          data: { userId: id },
        })),
        ...unnamed.map(({ id, name }): DirectoryEvent => ({
          type: 'InstanceNameClaimed',
          data: { name, instanceId: id },
        })),
        { type: 'DirectoryOpened', data: {} },
      ]
    },
  )
