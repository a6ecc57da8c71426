import { createHash, timingSafeEqual } from 'node:crypto'
import type { EventLog } from '../log/eventLog.ts'
import { parseAcl, type StreamAcl } from '../log/streamMetadata.ts'
import { GrpcError, statusCode } from '../transport/grpcStatus.ts'
import type { Passwords } from './exposure.ts'
import type { Access, Caller, StreamAction } from './access.ts'

const settingsStream = '$settings'

/** Basic authentication for the two built-in users, nothing for anyone else, and the access control lists in stream metadata. */
export function basicAccess(log: EventLog, passwords: Passwords): Access {
  const users: Record<string, { caller: Caller; password: string }> = {
    admin: { caller: { name: 'admin', groups: ['$admins'] }, password: passwords.admin },
    ops: { caller: { name: 'ops', groups: ['$ops'] }, password: passwords.ops },
  }
  const defaults = new DefaultAcls(log)

  return {
    identify: (headers) => {
      const { authorization } = headers
      if (authorization === undefined) throw unauthenticated()
      const credentials = /^Basic (.+)$/i.exec(authorization)?.[1] ?? ''
      const [name = '', ...rest] = Buffer.from(credentials, 'base64').toString('utf8').split(':')
      const user = Object.hasOwn(users, name) ? users[name] : undefined
      if (!user || !isSame(rest.join(':'), user.password)) {
        throw unauthenticated()
      }
      return user.caller
    },
    requireStream: async (caller, action, stream) => {
      if (caller.groups.includes('$admins')) return
      if (stream === '$all' && action !== 'read') throw accessDenied()
      const own = (await log.directory.metadataOf(stream)).acl
      const roles = own?.[action] ?? (await defaults.rolesFor(stream, action))
      const isAllowed = roles.some(
        (role) => role === '$all' || (role !== '' && role === caller.name) || caller.groups.includes(role),
      )
      if (!isAllowed) throw accessDenied()
    },
    requireOperator: ({ groups }) => {
      if (!groups.includes('$admins') && !groups.includes('$ops')) throw accessDenied()
    },
    requireUser: ({ name }) => {
      if (name === '') throw accessDenied()
    },
  }
}

/** What holds for streams without a list of their own: the last event of `$settings`, else everyone for user streams. */
class DefaultAcls {
  private readonly log: EventLog
  private readAtRevision = -1
  private userStreams: StreamAcl = {}
  private systemStreams: StreamAcl = {}

  constructor(log: EventLog) {
    this.log = log
  }

  async rolesFor(stream: string, action: StreamAction): Promise<readonly string[]> {
    await this.refresh()
    return stream.startsWith('$')
      ? (this.systemStreams[action] ?? ['$admins'])
      : (this.userStreams[action] ?? ['$all'])
  }

  private async refresh(): Promise<void> {
    const view = await this.log.viewOf(settingsStream)
    const revision = view.kind === 'readable' ? view.lastRevision : -1
    if (revision === this.readAtRevision) return
    const { records } = await this.log.readStream(view, Infinity, 1, false)
    const settings = parseSettings(records[0]?.data)
    this.userStreams = parseAcl(settings['$userStreamAcl']) ?? {}
    this.systemStreams = parseAcl(settings['$systemStreamAcl']) ?? {}
    this.readAtRevision = revision
  }
}

function parseSettings(data: Buffer | undefined): Record<string, unknown> {
  try {
    const settings: unknown = data ? JSON.parse(data.toString('utf8')) : {}
    return typeof settings === 'object' && settings !== null ? (settings as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function unauthenticated(): GrpcError {
  return new GrpcError(statusCode.unauthenticated, 'Unauthenticated')
}

function accessDenied(): GrpcError {
  return new GrpcError(statusCode.permissionDenied, 'Access Denied', { exception: 'access-denied' })
}

function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
