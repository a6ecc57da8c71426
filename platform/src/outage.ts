/** A part that didn't answer in time; what was asked of it may have taken effect. */
export class NoAnswerInTime extends Error {
  readonly type = 'deadline-exceeded'

  constructor(part: string, ms: number) {
    super(`${part} did not answer within ${ms} ms.`)
    this.name = 'NoAnswerInTime'
  }
}

// PostgreSQL refusing or ending connections (class 08, 57P0x), having no room, memory or connections (class 53), and sockets.
const outageCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  '57P01',
  '57P02',
  '57P03',
  '53000',
  '53100',
  '53200',
  '53300',
  '53400',
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
])

// What the event store's client calls them; access that is denied is no fault of who asks us.
const outageTypes = new Set([
  'unavailable',
  'deadline-exceeded',
  'cancelled',
  'timeout',
  'not-leader',
  'access-denied',
])

// gRPC's codes CANCELLED, DEADLINE_EXCEEDED, ABORTED (a commit that timed out), UNAVAILABLE, UNAUTHENTICATED: as plain numbers where
// the client passes the transport's own error on, as it does when it asks for the server's features.
const outageStatuses = new Set([1, 4, 10, 14, 16])

// Errors that have nothing but words: of the pool of connections, of a client that looks for a cluster, of a node without a leader.
const outageWords =
  /timeout exceeded when trying to connect|Connection terminated|^Failed to discover after|Server Is (Not Ready|Too Busy)|write after end|channel has been (shut down|closed)|closed channel/i

/** True for errors that say that a part is away for now: what was asked may succeed when it is asked again. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, type } = error as { code?: unknown; type?: unknown }
  if (typeof type === 'string' && outageTypes.has(type)) return true
  if (typeof code === 'string' && outageCodes.has(code)) return true
  if (typeof code === 'number' && outageStatuses.has(code) && type === undefined) return true
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isOutage)
  return outageWords.test(error.message)
}

/** True where a node gave up waiting for its own commit: it may still come, and the same events sent again change nothing. */
export const isLateCommit = (error: unknown): boolean =>
  error instanceof Error && ['deadline-exceeded', 'timeout'].includes((error as { type?: string }).type ?? '')
