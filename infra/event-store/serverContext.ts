import type { EventLog } from './log/eventLog.ts'
import type { Access } from './security/access.ts'

export interface ServerContext {
  log: EventLog
  access: Access
  maxAppendSizeBytes: number
}
