import { lostStatementCode, type Actor, type DomainEvent, type Effects } from '@sre-portal/contracts'

/** What the people and requests that an event mentions are called; null when that is not known. */
export interface Names {
  user(id: string): string | null
  request(id: string): string | null
}

/** What an actor is called in a sentence. */
export function actorName(actor: Actor): string {
  if (actor.kind === 'user') return actor.name
  return actor.kind === 'service' ? `the ${actor.name}` : 'somebody unknown'
}

/** An actor as somebody named in passing; who is no user has the kind for an id. */
export const personOf = (actor: Actor): { id: string; name: string } => ({
  id: actor.kind === 'user' ? actor.id : actor.kind,
  name: actorName(actor),
})

/** Ids that `summaryOf` asks names for, so that whoever keeps the names can look them up beforehand. */
export function mentionedIn(event: DomainEvent & { actor: Actor }): { users: string[]; requests: string[] } {
  const users: string[] = []
  const requests: string[] = []
  const noted = (ids: string[]) => (id: string) => {
    ids.push(id)
    return null
  }
  summaryOf(event, { user: noted(users), request: noted(requests) })
  return { users, requests }
}

/** One sentence for people about what an event says, without ids, in a request's history and, behind the instance's name, in the audit log. */
export function summaryOf(event: DomainEvent & { actor: Actor }, names: Names): string {
  const by = actorName(event.actor)
  const person = (id: string) => names.user(id) ?? 'somebody'
  switch (event.type) {
    case 'RequestSubmitted': {
      const { kind, fileName, database } = event.data
      const what = kind === 'query' ? 'a query' : `the script ${fileName ?? ''}`.trim()
      return `Submitted by ${by}: ${what} on the database ${database}`
    }
    case 'RequestApproved':
      return `Approved by ${by}`
    case 'ApprovalVoided':
      return `Approval void: ${event.data.reason}`
    case 'ApprovalRefused':
      return `Approval by ${by} refused: the requester controls this account`
    case 'RequestRejected':
      return `Rejected by ${by}: ${event.data.reason}`
    case 'RequestWithdrawn':
      return `Withdrawn by ${by}`
    case 'CancellationRequested':
      return `${by} asked to stop the run`
    case 'RequestCancelled': {
      const { executionId, cancelledBy, effects } = event.data
      const who = event.actor.kind === 'user' ? by : person(cancelledBy)
      return executionId === null
        ? `Cancelled by ${who} before it ran`
        : `Stopped while it ran, as ${who} asked: ${effectsInWords[effects]}`
    }
    case 'ExecutionStarted':
      return `Claimed and started by ${by}`
    case 'TransactionOpened':
      return 'Transaction opened on the target'
    case 'StatementExecuted': {
      const { ordinal, rowCount, affectedRows, durationMs, error, outcome } = event.data
      const statement = `Statement ${ordinal + 1}`
      if (error?.code === lostStatementCode) return `${statement}: not known what became of it`
      if (error) return `${statement} failed: ${error.message}`
      const rows = `${rowsInWords(rowCount ?? 0, affectedRows)} in ${duration(durationMs)}`
      return `${statement}: ${rows}${outcome === 'rolled-back' ? ', rolled back' : ''}`
    }
    case 'RequestExecuted': {
      const { storedRows, affectedRows, durationMs, cutBy, recovered } = event.data
      const rows = rowsInWords(storedRows, affectedRows)
      return `Executed: ${rows} in ${duration(durationMs)}${cutBy ? `, cut by ${cutBy}` : ''}${afterwards(recovered)}`
    }
    case 'RequestFailed': {
      const { error, effects, recovered } = event.data
      return `Failed: ${error.message} (${effectsInWords[effects]})${afterwards(recovered)}`
    }
    case 'ExecutionOutcomeUnknown':
      return `Outcome unknown: ${event.data.reason}`
    case 'ExecutionOutcomeSettled':
      return `Settled as ${event.data.outcome} by ${by}: ${event.data.reason}`
    case 'UserRegistered':
      return `${event.data.name} registered as ${event.data.role} by ${by}`
    case 'UserRenamed':
      return `Renamed to ${event.data.name} by ${by}`
    case 'UserRoleChanged':
      return `Role changed to ${event.data.role} by ${by}`
    case 'UserPasswordChanged':
      return `Password changed by ${by}`
    case 'UserDeactivated':
      return `Deactivated by ${by}`
    case 'UserReactivated':
      return `Reactivated by ${by}`
    case 'UserConfirmed':
      return `Account, role, password and pods confirmed by ${by}`
    case 'PodCreated':
      return `Pod ${event.data.name} created by ${by}`
    case 'PodRenamed':
      return `Renamed to ${event.data.name} by ${by}`
    case 'PodManagerAssigned':
      return `${person(event.data.userId)} made manager by ${by}`
    case 'PodDeputyAdded':
      return `${person(event.data.userId)} made deputy by ${by}`
    case 'PodDeputyRemoved':
      return `${person(event.data.userId)} is no longer deputy, by ${by}`
    case 'InstanceRegistered': {
      const { name, engine, environment } = event.data
      return `Instance ${name} (${engine}, ${environment}) registered by ${by}`
    }
    case 'InstanceChanged':
      return `Settings changed by ${by}`
    case 'InstanceCredentialsRotated':
      return `Password set by ${by}`
    case 'InstanceSecretResealed':
      return `Password sealed anew by the key ${event.data.keyId}`
    case 'InstanceSecretRefused':
      return event.data.reason === 'changed'
        ? 'The stored password was not used: it was changed, or sealed for another place'
        : `The stored password was not used: its key ${event.data.keyId} is not configured`
    case 'InstanceRetired':
      return `Retired by ${by}`
    case 'InstanceTestRequested':
      return `Connection test asked for by ${by}`
    case 'InstanceTested': {
      const { reachable, serverVersion, message, durationMs } = event.data
      return reachable
        ? `Reachable in ${duration(durationMs)}${serverVersion ? `: ${serverVersion}` : ''}`
        : `Not reachable: ${message}`
    }
    case 'UserLoggedIn':
      return `${by} signed in`
    case 'LoginRefused':
      return `Sign-in refused: ${refusalsInWords[event.data.reason]}`
    case 'LoginThrottled':
      return event.data.scope === 'account'
        ? 'Sign-in throttled: too many attempts at this account'
        : 'Sign-in throttled: too many attempts from this address'
    case 'UserLoggedOut':
      return `${by} signed out`
    case 'SessionEnded':
      return event.actor.kind === 'user' && event.actor.id === event.data.userId
        ? `${by} ended another session of their own`
        : `${by} ended a session of ${person(event.data.userId)}`
    case 'RefreshTokenReused':
      return 'A refresh token was used a second time, so its session was ended'
    case 'ResultViewed':
      return `${by} viewed the result of ${names.request(event.data.requestId) ?? 'a request'}`
    case 'DirectoryOpened':
      return 'Directory of names and administrators opened'
    case 'AdministratorAdded':
      return `${person(event.data.userId)} counts as an administrator`
    case 'AdministratorRemoved':
      return `${person(event.data.userId)} no longer counts as an administrator`
    case 'InstanceNameClaimed':
      return `Name ${event.data.name} taken for an instance`
    case 'ParkedWorkReplayRequested':
      return `${by} asked to deliver ${pieces(event.data.parked)} of parked work again`
    case 'ParkedWorkReplayed':
      return `${pieces(event.data.parked)} of parked work put back, to be delivered again, for ${by}`
  }
}

/** Rows in words: what was changed, else what was returned. */
export const rowsInWords = (returned: number, affected: number | null): string =>
  affected === null
    ? `${counted(returned)}, changed rows not known`
    : affected > 0
      ? `${counted(affected)} changed`
      : counted(returned)

/** A duration for people: `218 ms`, `3.4 s`. */
export const duration = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`

const counted = (rows: number) => `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`
const pieces = (count: number) => `${count.toLocaleString('en-US')} ${count === 1 ? 'piece' : 'pieces'}`
const afterwards = (recovered: boolean) => (recovered ? ', found out afterwards' : '')

const effectsInWords: Record<Effects, string> = {
  none: 'it changed no data itself',
  'rolled-back': 'what it changed was rolled back',
  partial: 'something may have been kept',
  unknown: 'what the target kept is unknown',
}

const refusalsInWords: Record<(DomainEvent & { type: 'LoginRefused' })['data']['reason'], string> = {
  'unknown-email': 'nobody has this e-mail address',
  'wrong-password': 'wrong password',
  'password-not-stored': 'the last password that was set is lost; an administrator has to set a new one',
  deactivated: 'the account is deactivated',
  'demo-account': 'demonstration accounts are not accepted here',
  throttled: 'too many attempts',
}
