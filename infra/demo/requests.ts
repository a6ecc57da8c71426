import {
  requestDetailSchema,
  type RequestDetail,
  type RequestStatus,
  type SubmitQuery,
} from '@sre-portal/contracts'
import { demoAccounts, demoPassword, type DemoPerson } from './accounts.ts'
import { signIn, until, type Api, type Services } from './api.ts'

/** A request of the demonstration, and what becomes of it. */
export interface Play {
  /** Part of the idempotency keys: never change one that has been published. */
  name: string
  by: DemoPerson
  on: 'writable' | 'readOnly' | 'mongo'
  database: string
  pod: 'aviation' | 'cinema'
  comment: string
  content: string
  fileName?: string
  approvedBy?: DemoPerson
  rejected?: { by: DemoPerson; reason: string }
}

export const postgresPlays: Play[] = [
  {
    name: 'delays',
    by: 'developer',
    on: 'readOnly',
    database: 'demo',
    pod: 'aviation',
    comment: 'Which airports send their flights off late?\nFor the weekly punctuality report.',
    content: `select a.iata, a.name, count(*) as flights, round(avg(f.delay_minutes), 1) as mean_delay
from flights f
join airports a on a.iata = f.origin
group by a.iata, a.name
having count(*) >= 100
order by mean_delay desc
limit 20`,
    approvedBy: 'manager',
  },
  {
    name: 'typo',
    by: 'developer',
    on: 'writable',
    database: 'demo',
    pod: 'aviation',
    comment: 'Correct the name of an airport',
    content: `update airports set nane = 'Livingston Municipal Airport' where iata = '00R'`,
    approvedBy: 'deputy',
  },
  {
    name: 'delete-all',
    by: 'developer',
    on: 'writable',
    database: 'demo',
    pod: 'aviation',
    comment: 'Clean up old flights',
    content: `delete from flights where scheduled_at < '2002-01-01'`,
    rejected: { by: 'manager', reason: 'This deletes every flight we have. Name the days you mean.' },
  },
  {
    name: 'ratings-script',
    by: 'developer',
    on: 'readOnly',
    database: 'demo',
    pod: 'cinema',
    comment: 'How do critics and audiences differ by genre?',
    fileName: 'ratings-by-genre.js',
    content: `const { rows } = await db.query(
  'select genre, avg(rotten_tomatoes) as critics, avg(imdb_rating) * 10 as audience from movies ' +
    'where genre is not null and rotten_tomatoes is not null and imdb_rating is not null group by genre order by genre',
)
for (const { genre, critics, audience } of rows) console.log(genre, Number(critics).toFixed(0), Number(audience).toFixed(0))
return { genres: rows.length }
`,
    approvedBy: 'other',
  },
  {
    name: 'rename',
    by: 'developer',
    on: 'writable',
    database: 'demo',
    pod: 'aviation',
    comment: 'Two airports lack a city\nFound while checking the punctuality report.',
    content: `update airports set city = 'Bay Springs' where iata = '00M' returning iata, name, city`,
  },
]

export interface PlayOptions {
  services: Services
  signal: AbortSignal
  /** Ids by what plays call them. */
  instances: Partial<Record<Play['on'], string>>
  plays: Play[]
}

/** Requests in every state that a visitor should see, each sent, decided and run as usual. */
export async function playDemoRequests({ services, signal, instances, plays }: PlayOptions): Promise<void> {
  const people = new Map<DemoPerson, Api>()
  const as = async (person: DemoPerson) => {
    const api =
      people.get(person) ??
      (await signIn(services, { email: demoAccounts[person].email, password: demoPassword }, signal))
    people.set(person, api)
    return api
  }
  for (const play of plays) {
    const what = `The demo request "${play.name}"`
    const { id } = await (
      await as(play.by)
    ).send('POST', '/api/requests', bodyOf(play, instances), `demo-request-${play.name}`)
    const reviewer = play.approvedBy ?? play.rejected?.by
    if (!reviewer) continue
    const api = await as(reviewer)
    const path = `/api/requests/${id}`
    const detail = await until(what, () => api.find(path, requestDetailSchema), signal)
    if (detail.status === 'PENDING') await decide(api, detail, play)
    await until(what, () => finished(api, path), signal)
  }
}

const decide = (api: Api, { id, contentHash }: RequestDetail, { name, rejected }: Play) =>
  rejected
    ? api.send('POST', `/api/requests/${id}/reject`, { reason: rejected.reason }, `demo-reject-${name}-0`)
    : api.send('POST', `/api/requests/${id}/approve`, { contentHash }, `demo-approve-${name}-0`)

const over: RequestStatus[] = ['REJECTED', 'EXECUTED', 'FAILED', 'UNKNOWN', 'CANCELLED', 'WITHDRAWN']

async function finished(api: Api, path: string): Promise<true | undefined> {
  const { status } = await api.get(path, requestDetailSchema)
  return over.includes(status) ? true : undefined
}

function bodyOf(play: Play, instances: PlayOptions['instances']): SubmitQuery | FormData {
  const common = {
    instanceId: instances[play.on] ?? '',
    database: play.database,
    podId: play.pod,
    comment: play.comment,
  }
  if (play.fileName === undefined)
    return { ...common, kind: 'query', content: play.content, ticket: null, resubmissionOf: null }
  const form = new FormData()
  for (const [name, value] of Object.entries({ ...common, kind: 'script' })) form.set(name, value)
  form.set('script', new File([play.content], play.fileName, { type: 'text/javascript' }))
  return form
}
