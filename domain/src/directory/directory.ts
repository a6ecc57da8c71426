import type { DirectoryEvent } from '@sre-portal/contracts'

/** A name's claim, with the place of its event in the log. */
export interface NameClaim {
  name: string
  instanceId: string
  position: bigint
  at: string
}

/** What must hold across streams, as folded from `directory`. */
export interface Directory {
  opened: boolean
  administrators: ReadonlySet<string>
  /** The latest claim of each name, by its canonical form. */
  names: ReadonlyMap<string, NameClaim>
}

export const emptyDirectory: Directory = { opened: false, administrators: new Set(), names: new Map() }

/** Names that people would take for the same one are the same one. */
export const canonicalName = (name: string): string => name.normalize('NFKC').trim().toLowerCase()

/** The next state of the directory. */
export function evolveDirectory(
  state: Directory,
  event: DirectoryEvent & { position: bigint; at: string },
): Directory {
  switch (event.type) {
    case 'DirectoryOpened':
      return { ...state, opened: true }
    case 'AdministratorAdded':
      return { ...state, administrators: new Set([...state.administrators, event.data.userId]) }
    case 'AdministratorRemoved':
      return {
        ...state,
        administrators: new Set([...state.administrators].filter((id) => id !== event.data.userId)),
      }
    case 'InstanceNameClaimed': {
      const { name, instanceId } = event.data
      const claim = { name, instanceId, position: event.position, at: event.at }
      return { ...state, names: new Map([...state.names, [canonicalName(name), claim]]) }
    }
  }
}
