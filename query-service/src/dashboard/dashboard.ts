import {
  requestStatuses,
  type Dashboard,
  type dashboardQuerySchema,
  type RequestRow,
  type RequestStatus,
} from '@sre-portal/contracts'
import type { z } from 'zod'
import { conditions, type Conditions } from '../conditions.ts'
import type { Asked } from '../http/asked.ts'
import { addWaitingFor } from '../requests/list.ts'
import { requestRowOf, rowColumns, rowTables, type ListedRequest } from '../requests/rows.ts'
import { addScope } from '../requests/scope.ts'
import { daysOfZone } from './daysOfZone.ts'

const shown = 5
const dayMs = 24 * 3600 * 1000

type DashboardQuery = z.output<typeof dashboardQuerySchema>

/** GET /api/dashboard */
export async function readDashboard(asked: Asked<DashboardQuery>): Promise<Dashboard> {
  const { reader } = asked
  const waiting = () => scoped(asked, (where) => addWaitingFor(where, reader))
  const mine = scoped(asked, (where) => where.add(`r.requester_id = ${where.bind(reader.id)}`))
  return {
    counts: await counts(asked),
    needsMyReview: await count(asked, waiting()),
    awaiting: await rows(asked, waiting(), 'r.number'),
    mine: await rows(asked, mine, 'r.number desc'),
    ...(await decided(asked)),
    timeZone: asked.query.timeZone,
    perDay: await perDay(asked),
    position: asked.position,
  }
}

function scoped({ reader }: Asked, narrow: (where: Conditions) => void = () => {}): Conditions {
  const where = conditions()
  addScope(where, reader)
  narrow(where)
  return where
}

async function counts(asked: Asked): Promise<Record<RequestStatus, number>> {
  const where = scoped(asked)
  const found = await asked.services.readModel.query<{ status: RequestStatus; count: number }>(
    `select status, count(*)::int as count from read.requests r where ${where.sql()} group by status`,
    where.values,
  )
  const byStatus = new Map(found.map(({ status, count }) => [status, count]))
  return Object.fromEntries(requestStatuses.map((status) => [status, byStatus.get(status) ?? 0])) as Record<
    RequestStatus,
    number
  >
}

async function count({ services }: Asked, where: Conditions): Promise<number> {
  const [row] = await services.readModel.query<{ count: number }>(
    `select count(*)::int as count from read.requests r where ${where.sql()}`,
    where.values,
  )
  return row?.count ?? 0
}

async function rows({ services }: Asked, where: Conditions, order: string): Promise<RequestRow[]> {
  const found = await services.readModel.query<ListedRequest>(
    `select ${rowColumns} from ${rowTables} where ${where.sql()} order by ${order} limit ${shown}`,
    where.values,
  )
  return found.map(requestRowOf)
}

async function decided(asked: Asked): Promise<Pick<Dashboard, 'decided30d' | 'medianDecisionMs'>> {
  const { services } = asked
  const where = scoped(asked)
  where.add(`r.decision ->> 'kind' in ('approved', 'rejected')`)
  where.add(`r.decided_at >= ${where.bind(new Date(services.now().getTime() - 30 * dayMs))}`)
  const [row] = await services.readModel.query<{ decided30d: number; medianDecisionMs: number | null }>(
    `select count(*)::int as "decided30d",
       (extract(epoch from percentile_cont(0.5) within group (order by r.decided_at - r.submitted_at)) * 1000)::float8
         as "medianDecisionMs"
     from read.requests r where ${where.sql()}`,
    where.values,
  )
  return row ?? { decided30d: 0, medianDecisionMs: null }
}

async function perDay(asked: Asked<DashboardQuery>): Promise<Dashboard['perDay']> {
  const { services, query } = asked
  const days = daysOfZone(query.timeZone, services.now(), 14)
  const where = scoped(asked)
  const [names, begins, ends] = [
    where.bind(days.map(({ day }) => day)),
    where.bind(days.map(({ from }) => from)),
    where.bind(days.map(({ to }) => to)),
  ]
  const first = where.bind(days[0]?.from)
  return services.readModel.query<Dashboard['perDay'][number]>(
    `with days as (select * from unnest(${names}::text[], ${begins}::timestamptz[], ${ends}::timestamptz[]) as d (day, begins, ends)),
       visible as (select submitted_at, finished_at, status from read.requests r
         where (${where.sql()}) and (submitted_at >= ${first}::timestamptz or finished_at >= ${first}::timestamptz))
     select day,
       (select count(*)::int from visible where submitted_at >= begins and submitted_at < ends) as submitted,
       (select count(*)::int from visible where finished_at >= begins and finished_at < ends and status = 'EXECUTED') as executed,
       (select count(*)::int from visible where finished_at >= begins and finished_at < ends and status = 'FAILED') as failed
     from days order by day`,
    where.values,
  )
}
