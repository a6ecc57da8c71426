import type { LiveMessage, RequestStatus, StreamCategory } from '@sre-portal/contracts'
import { mayUsePortal, mayViewRequest, type PodInCharge } from '@sre-portal/domain'
import type { Reader } from '../reader.ts'
import type { ReadModel } from '../readModel.ts'

interface RequestNow {
  requesterId: string
  podId: string
  status: RequestStatus
  revision: number
}

/** What happened at one position, with what decides who is told. */
export interface Change {
  position: string
  type: string
  category: StreamCategory
  subjectId: string
  request: RequestNow | null
  pod: PodInCharge | null
  /** Of the person whose account was deactivated or reactivated: whether these can be approved has changed with it. */
  waiting: (RequestNow & { id: string; pod: PodInCharge | null })[]
  recipients: string[]
}

/** The changes after a position, oldest first. Lines beyond the checkpoint are not the projector's. */
export const changesAfter = (readModel: ReadModel, position: bigint, limit: number): Promise<Change[]> =>
  readModel.query<Change>(
    `select a.position, a.type, a.category, a.subject_id as "subjectId",
       case when r.id is null then null else json_build_object('requesterId', r.requester_id, 'podId', r.pod_id,
         'status', r.status, 'revision', r.revision) end as request,
       case when p.id is null then null else json_build_object('id', p.id, 'name', p.name, 'managerId', p.manager_id,
         'deputyIds', p.deputy_ids) end as pod,
       coalesce((select json_agg(json_build_object('id', w.id, 'requesterId', w.requester_id, 'podId', w.pod_id,
           'status', w.status, 'revision', w.revision, 'pod', case when wp.id is not null then
             json_build_object('id', wp.id, 'name', wp.name, 'managerId', wp.manager_id, 'deputyIds', wp.deputy_ids) end))
         from read.requests w left join read.pods wp on wp.id = w.pod_id
         where w.status = 'PENDING' and w.requester_id =
           case when a.type in ('UserDeactivated', 'UserReactivated') then a.subject_id::uuid end), '[]') as waiting,
       array(select recipient_id::text from read.notifications n where n.position = a.position) as recipients
     from read.audit a
     left join read.requests r on a.category = 'request' and r.id = case when a.category = 'request' then a.subject_id::uuid end
     left join read.pods p on p.id = r.pod_id
     where a.position > $1 and a.position <= (select position from read.checkpoint) order by a.position limit $2`,
    [String(position), limit],
  )

/** What a person is told of a change; nothing of what they may not read. */
export function messagesFor(reader: Reader, change: Change): LiveMessage[] {
  const { position } = change
  const subject = subjectMessage(reader, change)
  return [
    ...(subject ? [subject] : []),
    ...change.waiting.flatMap(({ id, pod, ...request }) =>
      requestMessage(reader, position, id, request, pod),
    ),
    ...(change.recipients.includes(reader.id) ? [{ kind: 'notification', position } as const] : []),
    ...(mayUsePortal(reader, 'viewAudit').allowed ? [{ kind: 'audit', position } as const] : []),
  ]
}

function subjectMessage(reader: Reader, change: Change): LiveMessage | null {
  const { position, category, subjectId: id } = change
  switch (category) {
    case 'request':
      return requestMessage(reader, position, id, change.request, change.pod)[0] ?? null
    case 'user':
      return id === reader.id || mayUsePortal(reader, 'manageUsers').allowed
        ? { kind: 'user', position, id }
        : null
    case 'pod':
      return { kind: 'pod', position, id }
    case 'instance':
      return !connectionOnly.has(change.type) || mayUsePortal(reader, 'manageInstances').allowed
        ? { kind: 'instance', position, id }
        : null
    case 'access':
    case 'directory':
    case 'operations':
      return null
  }
}

// These change nothing that others than administrators see of an instance.
const connectionOnly = new Set([
  'InstanceCredentialsRotated',
  'InstanceSecretResealed',
  'InstanceSecretRefused',
  'InstanceTestRequested',
  'InstanceTested',
])

function requestMessage(
  reader: Reader,
  position: string,
  id: string,
  request: RequestNow | null,
  pod: PodInCharge | null,
): LiveMessage[] {
  if (!request) return []
  const inQuestion = { ...request, decision: null, cancellationRequested: false }
  if (!mayViewRequest(reader, inQuestion, pod).allowed) return []
  return [{ kind: 'request', position, id, revision: request.revision, status: request.status }]
}

/** Of several messages on one subject only the last is kept: it tells that something changed, not what. */
export function condensed(messages: readonly LiveMessage[]): LiveMessage[] {
  const last = new Map(messages.map((message) => [subjectKey(message), message]))
  return messages.filter((message) => last.get(subjectKey(message)) === message)
}

const subjectKey = (message: LiveMessage) =>
  'id' in message ? `${message.kind} ${message.id}` : message.kind
