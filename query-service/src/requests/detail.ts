import {
  requestActions,
  type ActionVerdict,
  type Execution,
  type ExecutionLimits,
  type RequestAction,
  type RequestDetail,
  type TransactionMode,
} from '@sre-portal/contracts'
import {
  DomainError,
  mayActOnRequest,
  mayApprove,
  personOf,
  type Circumstances,
  type Decision,
  type Lineage,
} from '@sre-portal/domain'
import type { Asked } from '../http/asked.ts'
import type { Reader } from '../reader.ts'
import { requestRowOf, rowColumns, rowTables, type ListedRequest } from './rows.ts'
import { lineageFor, viewable, type Scoped } from './scope.ts'

interface DetailRow extends ListedRequest {
  comment: string
  ticket: string | null
  content: string
  contentHash: string
  contentBytes: number
  fileName: string | null
  transactionMode: TransactionMode
  username: string
  instanceRevision: number
  limits: ExecutionLimits
  resubmissionOf: string | null
  decision: Decision | null
  settlement: RequestDetail['settlement']
  execution: Execution | null
  reviewers: RequestDetail['reviewers']
  submittedEnvironment: Circumstances['submitted']['environment']
  instanceNow: Circumstances['instance']
  requesterNow: Circumstances['requester']
}

// Who may decide now: manager first, then deputies in the order they were added; never the requester.
const reviewers = `coalesce((
  select json_agg(json_build_object('id', m.id, 'name', m.name, 'as', d.as) order by d.place)
  from (select p.manager_id as id, 'manager' as as, 0 as place
        union all select id, 'deputy', place from unnest(p.deputy_ids) with ordinality as deputies (id, place)) d
  join read.users m on m.id = d.id and m.active and m.role = 'MANAGER' and m.id <> r.requester_id), '[]')`

// What an approval depends on, as it is now.
const circumstanceColumns = `r.submitted_environment as "submittedEnvironment",
  case when i.id is not null then json_build_object('name', i.name, 'environment', i.environment, 'databases', i.databases,
    'retired', i.retired, 'connectionRevision', i.connection_revision) end as "instanceNow",
  case when u.id is not null then json_build_object('name', u.name, 'active', u.active) end as "requesterNow"`

/** GET /api/requests/:id */
export async function readRequest({ reader, id, services, position }: Asked): Promise<RequestDetail> {
  const scoped = await viewable(services.readModel, reader, id)
  const [row] = await services.readModel.query<DetailRow>(
    `select ${rowColumns}, r.comment, r.ticket, r.content, r.content_hash as "contentHash",
       r.content_bytes as "contentBytes", r.file_name as "fileName", r.transaction_mode as "transactionMode", r.username,
       r.instance_revision::int as "instanceRevision", r.limits, r.resubmission_of as "resubmissionOf", r.decision,
       r.settlement, r.execution, ${reviewers} as reviewers, ${circumstanceColumns}
     from ${rowTables} where r.id = $1`,
    [id],
  )
  if (!row) throw new DomainError('not_found', 'There is no such request.')
  const { comment, ticket, content, contentHash, contentBytes, fileName, transactionMode, engine } = row
  const { username, instanceRevision, limits, resubmissionOf, settlement, execution, decision } = row
  return {
    ...requestRowOf(row),
    comment,
    ticket,
    content,
    contentHash,
    contentBytes,
    fileName,
    transactionMode,
    engine,
    username,
    instanceRevision,
    limits,
    resubmissionOf,
    reviewers: row.reviewers,
    decision: decision && { ...decision, by: personOf(decision.by) },
    settlement,
    execution,
    actions: verdicts(
      reader,
      { ...scoped, circumstances: circumstancesOf(row) },
      await lineageFor(services.readModel, reader, [scoped]),
    ),
    position,
  }
}

const circumstancesOf = (row: DetailRow): Circumstances => ({
  submitted: {
    instanceRevision: row.instanceRevision,
    database: row.database,
    environment: row.submittedEnvironment,
  },
  instance: row.instanceNow,
  requester: row.requesterNow,
})

type Judged = Scoped & { circumstances: Circumstances }

const verdicts = (reader: Reader, judged: Judged, lineage: Lineage) =>
  Object.fromEntries(
    requestActions.map((action) => [action, verdictOn(action, reader, judged, lineage)]),
  ) as Record<RequestAction, ActionVerdict>

function verdictOn(
  action: RequestAction,
  reader: Reader,
  { question, pod, circumstances }: Judged,
  lineage: Lineage,
): ActionVerdict {
  const verdict =
    action === 'approve'
      ? mayApprove(reader, question, pod, lineage, circumstances)
      : mayActOnRequest(reader, action, question, pod, lineage)
  return verdict.allowed ? { allowed: true } : { allowed: false, reason: verdict.reason }
}
