import type { DirectoryEvent } from '@sre-portal/contracts'
import type { Handlers } from './handlers.ts'

/** The directory guards commands; what it says is shown where it is about: at users and instances. */
export const directoryHandlers: Handlers<DirectoryEvent> = {
  DirectoryOpened: null,
  AdministratorAdded: null,
  AdministratorRemoved: null,
  InstanceNameClaimed: null,
}
