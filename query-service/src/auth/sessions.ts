import type { SessionRow } from '@sre-portal/contracts'
import type { Asked } from '../http/asked.ts'

const longestDays = 30

/** GET /api/auth/sessions: only ever one's own. */
export async function listSessions({
  reader,
  sessionId,
  services,
  position,
}: Asked): Promise<{ items: SessionRow[]; position: string }> {
  const rows = await services.readModel.query<{ id: string; startedAt: Date }>(
    `select session_id as id, started_at as "startedAt" from record.sessions
     where user_id = $1 and ended_at is null and started_at > now() - make_interval(days => $2)
     order by started_at desc, session_id`,
    [reader.id, longestDays],
  )
  const items = rows.map(({ id, startedAt }) => ({
    id,
    startedAt: startedAt.toISOString(),
    current: id === sessionId,
  }))
  return { items, position }
}
