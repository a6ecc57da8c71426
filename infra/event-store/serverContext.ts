import type { Interception, Settle } from './interception.ts'
import type { EventLog } from './log/eventLog.ts'
import type { WriteCommand } from './log/writeCommand.ts'
import type { Access } from './security/access.ts'

export interface ServerContext {
  log: EventLog
  access: Access
  maxAppendSizeBytes: number
  interception: Interception
}

/** Hands an append of a client to the writer. */
export function enqueueAppend(
  { log, interception }: ServerContext,
  command: WriteCommand,
  settle: Settle,
): void {
  if (interception.append)
    interception.append(command, settle, (settleWritten) => log.writer.enqueue(command, settleWritten))
  else log.writer.enqueue(command, settle)
}
