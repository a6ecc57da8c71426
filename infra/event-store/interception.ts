import type { IncomingHttpHeaders } from 'node:http2'
import type { WriteCommand, WriteOutcome } from './log/writeCommand.ts'
import type { Access } from './security/access.ts'
import type { ReadPlan } from './streams/readPlan.ts'
import type { GrpcError } from './transport/grpcStatus.ts'

export type Settle = (outcome: WriteOutcome) => void

/** Where whoever starts the server in its own process may step in: tests that need the troubles of a real node. */
export interface Interception {
  /** Asked before each call is handled; an error is the call's answer. */
  beforeCall?: (path: string, headers: IncomingHttpHeaders) => GrpcError | undefined
  /** Stands before the server's own judgement of who may do what. */
  access?: (own: Access) => Access
  /** Stands before each append of a client; settles it itself, or passes it on. */
  append?: (command: WriteCommand, settle: Settle, write: (settle: Settle) => void) => void
  /** Sees what a read or a catch-up subscription asks for; throws to refuse it. */
  beforeRead?: (plan: ReadPlan) => void
}
