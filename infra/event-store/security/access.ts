import type { IncomingHttpHeaders } from 'node:http2'

export type StreamAction = 'read' | 'write' | 'delete' | 'metaRead' | 'metaWrite'

export interface Caller {
  name: string
  groups: readonly string[]
}

/** Who calls, and what they may do; without authentication everyone is the system and may do everything. */
export interface Access {
  /** Throws UNAUTHENTICATED for unknown credentials. */
  identify(headers: IncomingHttpHeaders): Caller
  /** Throws access-denied. */
  requireStream(caller: Caller, action: StreamAction, stream: string): Promise<void>
  requireOperator(caller: Caller): void
  requireUser(caller: Caller): void
}

export const openAccess: Access = {
  identify: () => ({ name: 'system', groups: ['$admins'] }),
  requireStream: () => Promise.resolve(),
  requireOperator: () => undefined,
  requireUser: () => undefined,
}
