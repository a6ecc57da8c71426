import type { Connection } from '@sre-portal/platform/postgres'
import { DatabaseError } from 'pg'
import { readCheckpoint, type Checkpoint } from './checkpoint.ts'
import { readModelVersion } from './schema.ts'

/** What the audit log that a rebuild replaces was, compared with the events. */
export interface AuditDifferences {
  /** Lines that are not what the events say: changed, missing, or of no event. */
  count: number
  /** Log positions of the first ones. */
  positions: string[]
  /** Up to where missing lines count: the former one was told to have come so far. */
  upTo: string
  /** Why it, or a part of it, could not be compared. */
  notCompared: string[]
  /** What of its checkpoint is not the projector's work, or may be why lines differ. */
  remarks: string[]
  /** Which version it was told to be of, where that is not this program's. */
  otherVersion: number | null
}

/** Only added to, as the migrations seal them: lines, and what was left out of them. */
const tables = ['audit', 'ignored_events'] as const
type Table = (typeof tables)[number]

const shown = 10
const longestMs = 600_000

/**
 * Compares the live audit log with the one that was just built from all events: every live line has to be of an event, and no line may
 * be missing up to where the live one has come. To be called while the read models are locked: no projector writes meanwhile, and what
 * stands beyond its checkpoint is not its work. null where there are no live read models.
 */
export async function findAuditDifferences(db: Connection, end: bigint): Promise<AuditDifferences | null> {
  const { rows } = await db.query<{ there: boolean }>(`select to_regnamespace('read') is not null as there`)
  if (!rows[0]?.there) return null
  await db.query(`set local statement_timeout = ${longestMs}`)
  const found: AuditDifferences = {
    count: 0,
    positions: [],
    upTo: '0',
    notCompared: [],
    remarks: [],
    otherVersion: null,
  }
  const checkpoint = await orWhyNot(db, () => readCheckpoint(db, 'read'))
  if ('trouble' in checkpoint) found.remarks.push(`Its checkpoint could not be read: ${checkpoint.trouble}.`)
  await compareTables(db, 'trouble' in checkpoint ? null : checkpoint.value, end, found)
  return found
}

async function compareTables(
  db: Connection,
  checkpoint: Checkpoint | null,
  end: bigint,
  found: AuditDifferences,
): Promise<void> {
  const columns = new Map<Table, string[]>()
  for (const table of tables) {
    const common = await orWhyNot(db, () => commonColumns(db, table, found))
    if ('trouble' in common) found.notCompared.push(common.trouble)
    else if (common.value) columns.set(table, common.value)
  }
  const reached = await orWhyNot(db, () => lastTrueLine(db, columns.get('audit') ?? []))
  const lastLine = 'trouble' in reached ? 0n : reached.value
  if (checkpoint && checkpoint.version !== readModelVersion) found.otherVersion = checkpoint.version
  found.remarks.push(...remarksOn(checkpoint, lastLine, end))
  found.upTo = String(
    [checkpoint?.position ?? 0n, lastLine].reduce((one, other) => (one > other ? one : other)),
  )
  const different: string[] = []
  for (const [table, common] of columns) {
    const lines = await orWhyNot(db, () => differentLines(db, table, common, found.upTo))
    if ('trouble' in lines) found.notCompared.push(`read.${table}: ${lines.trouble}`)
    else {
      found.count += lines.value.count
      different.push(...lines.value.positions)
    }
  }
  found.positions = different.toSorted((one, other) => Number(BigInt(one) - BigInt(other))).slice(0, shown)
}

function remarksOn(checkpoint: Checkpoint | null, lastLine: bigint, end: bigint): string[] {
  if (!checkpoint) return ['Its checkpoint is gone: how far it had come is taken from its last line.']
  const { position } = checkpoint
  return [
    ...(position < lastLine
      ? [
          `Its checkpoint stood at position ${position}, before its line at ${lastLine}: the projector moves both together.`,
        ]
      : []),
    ...(position > end
      ? [
          `Its checkpoint stood at position ${position}, beyond the event store's last event at ${end}: it was of another event store, of one ` +
            'that was restored from an older copy since, or the checkpoint was moved.',
        ]
      : []),
  ]
}

/** Columns that both have, of the same type; notes those that they don't. null where there is nothing to compare lines by. */
async function commonColumns(
  db: Connection,
  table: Table,
  found: AuditDifferences,
): Promise<string[] | null> {
  const { rows } = await db.query<{ name: string; common: boolean }>(
    `with columns as (
       select attname as name, atttypid as type, attrelid = to_regclass($1) as live from pg_attribute
       where attrelid in (to_regclass($1), to_regclass($2)) and attnum > 0 and not attisdropped)
     select name, count(*) = 2 and count(distinct type) = 1 as common from columns group by name order by name`,
    [`read.${table}`, `read_next.${table}`],
  )
  const common = rows.filter((column) => column.common).map(({ name }) => name)
  const others = rows.filter((column) => !column.common).map(({ name }) => name)
  if (!common.includes('position')) {
    found.notCompared.push(`there is no table read.${table} with positions`)
    return null
  }
  if (others.length > 0)
    found.notCompared.push(`read.${table} has other columns than it should have: ${others.join(', ')}`)
  return common
}

/** How far the live lines that are of an event reach. */
async function lastTrueLine(db: Connection, columns: string[]): Promise<bigint> {
  const keys = ['position', 'event_id'].filter((key) => columns.includes(key))
  if (keys.length === 0) return 0n
  const { rows } = await db.query<{ position: string | null }>(
    `select max(position) as position from read.audit join read_next.audit using (${keys.join(', ')})`,
  )
  return BigInt(rows[0]?.position ?? 0)
}

async function differentLines(db: Connection, table: Table, columns: string[], upTo: string) {
  const listed = columns.map((name) => `"${name.replaceAll('"', '""')}"`).join(', ')
  const lines = (schema: string) => `select ${listed} from ${schema}.${table}`
  const { rows } = await db.query<{ position: string; count: number }>(
    `with different as (
       select position from (
         (${lines('read')} except all ${lines('read_next')})
         union all
         (${lines('read_next')} where position <= $1 except all ${lines('read')})) lines
       group by position)
     select position, (select count(*)::int from different) as count from different order by position limit ${shown}`,
    [upTo],
  )
  return { count: rows[0]?.count ?? 0, positions: rows.map(({ position }) => position) }
}

/** What PostgreSQL refuses is told in its words, and the transaction goes on; a lost connection ends it. */
async function orWhyNot<T>(
  db: Connection,
  ask: () => Promise<T>,
): Promise<{ value: T } | { trouble: string }> {
  await db.query('savepoint comparing')
  try {
    return { value: await ask() }
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    await db.query('rollback to savepoint comparing')
    return { trouble: error.message }
  }
}
