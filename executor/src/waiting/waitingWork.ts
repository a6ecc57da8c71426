import type { ExecutorContext } from '../context.ts'
import type { WorkStep } from './workKinds.ts'

/** How far the reading has come: the last event that was read, and the place up to which there was none of interest after it. */
export interface ReadPlace {
  event: { id: string; position: bigint } | null
  passed: bigint | null
}

/** What a batch of events says, and where it ends. */
export interface ReadBatch extends ReadPlace {
  steps: WorkStep[]
}

/** Work that waits for longer than it should. */
export interface Overdue {
  key: string
  eventId: string
  stream: string
}

/** What an operator is told of the work that waits. */
export interface WaitingFacts {
  approvals: number
  /** Those that wait for longer than they should, and for how many of them nothing is known to stand against them. */
  longWaiting: number
  stuck: number
  troubled: { stream: string; trouble: string }[]
  /** False when nobody reads the log for work. */
  isRead: boolean
}

const mostTroubles = 10

/** Takes the reading over when nobody has it, or keeps it; null when another executor reads. */
export async function takeReading(context: ExecutorContext, leaseMs: number): Promise<ReadPlace | null> {
  const { rows } = await context.pool.query<{
    event_id: string | null
    event_position: string | null
    passed_position: string | null
  }>(
    `update record.work_reading set reader = $1, expires_at = now() + make_interval(secs => $2)
     where reader = $1 or expires_at < now()
     returning event_id, event_position, passed_position`,
    [context.ownerId, leaseMs / 1000],
  )
  const [row] = rows
  if (!row) return null
  const { event_id: id, event_position: position, passed_position: passed } = row
  return {
    event: id === null || position === null ? null : { id, position: BigInt(position) },
    passed: passed === null ? null : BigInt(passed),
  }
}

/** Lets the next executor read at once. */
export async function giveUpReading(context: ExecutorContext): Promise<void> {
  await context.pool.query(`update record.work_reading set expires_at = '-infinity' where reader = $1`, [
    context.ownerId,
  ])
}

/**
 * Writes down what a batch says. One statement, so that a reader that freezes holds no lock; false when the reading is somebody else's
 * by now, and then nothing was written.
 */
export async function noteWork(
  context: ExecutorContext,
  batch: ReadBatch,
  leaseMs: number,
): Promise<boolean> {
  const { begun, ended } = balanceOf(batch.steps)
  const { rows } = await context.pool.query<{ noted: boolean }>(
    `with reading as (
       update record.work_reading
       set expires_at = now() + make_interval(secs => $2), event_id = $3, event_position = $4, passed_position = $5
       where reader = $1 and expires_at > now() returning reader
     ), begun as (
       insert into record.waiting_work (work_key, event_id, stream)
       select * from unnest($6::text[], $7::uuid[], $8::text[]) where exists (select from reading)
       on conflict do nothing
     ), ended as (
       delete from record.waiting_work where work_key = any($9) and exists (select from reading)
     )
     select exists (select from reading) as noted`,
    [
      context.ownerId,
      leaseMs / 1000,
      batch.event?.id ?? null,
      batch.event ? String(batch.event.position) : null,
      batch.passed === null ? null : String(batch.passed),
      begun.map(({ key }) => key),
      begun.map(({ eventId }) => eventId),
      begun.map(({ stream }) => stream),
      ended,
    ],
  )
  return rows[0]?.noted === true
}

/** Of a batch, what waits after it, and what doesn't any more. */
function balanceOf(steps: WorkStep[]) {
  const begun = new Map<string, WorkStep & { kind: 'begun' }>()
  const ended = new Set<string>()
  for (const step of steps) {
    if (step.kind === 'begun') begun.set(step.key, step)
    else {
      begun.delete(step.key)
      ended.add(step.key)
    }
  }
  return { begun: [...begun.values()], ended: [...ended] }
}

/** Up to `most` pieces of work that nobody has begun for so long; they are this executor's to try until they are overdue again. */
export async function takeOverdue(
  context: ExecutorContext,
  { afterMs, most, except }: { afterMs: number; most: number; except: string[] },
): Promise<Overdue[]> {
  const { rows } = await context.pool.query<Overdue>(
    `update record.waiting_work set tried_at = now()
     where work_key in (
       select work_key from record.waiting_work
       where seen_at < now() - make_interval(secs => $1)
         and (tried_at is null or tried_at < now() - make_interval(secs => $1))
         and work_key <> all ($3::text[])
       order by tried_at nulls first, seen_at limit $2 for update skip locked
     )
     returning work_key as key, event_id as "eventId", stream`,
    [afterMs / 1000, most, except],
  )
  return rows
}

/** Forgets what has been begun, or needn't be. */
export async function forgetWork(context: ExecutorContext, key: string): Promise<void> {
  await context.pool.query('delete from record.waiting_work where work_key = $1', [key])
}

/** Keeps why a piece of work can't be worked on. */
export async function noteTrouble(context: ExecutorContext, key: string, trouble: string): Promise<void> {
  await context.pool.query('update record.waiting_work set trouble = $2 where work_key = $1', [
    key,
    trouble.slice(0, 500).replaceAll('\0', ''),
  ])
}

/** What waits now. @throws the database's error */
export async function waitingFacts(context: ExecutorContext, longMs: number): Promise<WaitingFacts> {
  const { rows } = await context.pool.query<WaitingFacts>(
    `select count(*)::int as approvals,
       count(*) filter (where seen_at < now() - make_interval(secs => $1))::int as "longWaiting",
       count(*) filter (where seen_at < now() - make_interval(secs => $1) and trouble is null)::int as stuck,
       coalesce((select jsonb_agg(jsonb_build_object('stream', stream, 'trouble', trouble)) from (
         select stream, trouble from record.waiting_work where trouble is not null order by seen_at limit $2) as troubled), '[]')
         as troubled,
       (select expires_at > now() from record.work_reading) as "isRead"
     from record.waiting_work where work_key like 'request-%'`,
    [longMs / 1000, mostTroubles],
  )
  const [facts] = rows
  if (!facts) throw new Error('an aggregate always has a row')
  return facts
}
