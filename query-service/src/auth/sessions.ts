import type { listQuerySchema, sessionListSchema } from '@sre-portal/contracts'
import type { z } from 'zod'
import type { Asked } from '../http/asked.ts'
import { readSteppedPage } from '../steppedPage.ts'

const longestDays = 30

/** GET /api/auth/sessions: only ever one's own. */
export async function listSessions({
  reader,
  query,
  sessionId,
  services,
  position,
}: Asked<z.output<typeof listQuerySchema>>): Promise<z.input<typeof sessionListSchema>> {
  const { rows, ...page } = await readSteppedPage<{ id: string; startedAt: Date }>(
    services.readModel,
    {
      name: 'sessions',
      columns: 'session_id as id, started_at as "startedAt"',
      from: 'record.sessions',
      direction: 'desc',
      key: [
        { sql: '(extract(epoch from started_at) * 1000000)::bigint', type: 'bigint' },
        { sql: 'session_id', type: 'uuid' },
      ],
      narrow(where) {
        where.add(`user_id = ${where.bind(reader.id)} and ended_at is null`)
        where.add(`started_at > now() - make_interval(days => ${where.bind(longestDays)})`)
      },
    },
    query,
  )
  const items = rows.map(({ id, startedAt }) => ({
    id,
    startedAt: startedAt.toISOString(),
    current: id === sessionId,
  }))
  return { items, ...page, position }
}
