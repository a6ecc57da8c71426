import type { ClientBase } from 'pg'
import { copyRows, type BinaryRow } from './copyOut.ts'
import type { LogRecord } from './logRecord.ts'
import { largestPageBytes, pageBytes, recordOverheadBytes } from './pageBudget.ts'
import type { StoredEvent } from './expectedRevision.ts'
import type { StreamRow } from './streamDirectory.ts'

const microsFrom1970To2000 = 946_684_800_000_000
const columnNames = [
  'position',
  'stream_key',
  'revision',
  'id',
  'type',
  'is_json',
  'created',
  'data',
  'metadata',
]
const columns = columnNames.map((name) => `e.${name}`).join(', ')
const pageColumns = columnNames.map((name) => `p.${name}`).join(', ')

export interface Page {
  records: LogRecord[]
  /** True when nothing follows in this direction, as far as the query could see. */
  isLast: boolean
}

export interface StreamRange {
  key: number
  name: string
  from: number
  to: number
  createdAfterMicros: number | undefined
  limit: number
  maxBytes: number
}

export function readStreamRange(client: ClientBase, range: StreamRange, forwards: boolean): Promise<Page> {
  const age =
    range.createdAfterMicros === undefined
      ? ''
      : `AND e.created >= '1970-01-01Z'::timestamptz + interval '1 microsecond' * ${whole(range.createdAfterMicros)}`
  const sql = boundedPage(
    `SELECT ${columns}, NULL AS name, ${bytesBefore(`e.revision ${forwards ? 'ASC' : 'DESC'}`)} ` +
      `FROM eventlog.events e WHERE e.stream_key = ${whole(range.key)} ` +
      `AND e.revision BETWEEN ${whole(range.from)} AND ${whole(range.to)} ${age} ` +
      `ORDER BY e.revision ${forwards ? 'ASC' : 'DESC'} LIMIT ${whole(range.limit)}`,
    pageColumns,
    range.maxBytes,
  )
  return readPage(client, sql, range, range.name)
}

export interface AllRange {
  /** Events after this position forwards, before it backwards. */
  bound: number
  limit: number
  maxBytes: number
}

export function readAllRange(client: ClientBase, range: AllRange, forwards: boolean): Promise<Page> {
  const sql = boundedPage(
    `SELECT ${columns}, s.name, ${bytesBefore(`e.position ${forwards ? 'ASC' : 'DESC'}`)} ` +
      `FROM eventlog.events e JOIN eventlog.streams s USING (stream_key) ` +
      `WHERE e.position ${forwards ? '>' : '<'} ${whole(range.bound)} ` +
      `ORDER BY e.position ${forwards ? 'ASC' : 'DESC'} LIMIT ${whole(range.limit)}`,
    `${pageColumns}, p.name`,
    range.maxBytes,
  )
  return readPage(client, sql, range, undefined)
}

/** How many bytes the events before this one take; the length of a large value is known without fetching it. */
function bytesBefore(order: string): string {
  return (
    `sum(octet_length(e.data) + octet_length(e.metadata) + ${recordOverheadBytes}) OVER (ORDER BY ${order} ` +
    'ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before'
  )
}

/** Ends a page at the first event behind so many bytes, in the database: what is not used is not fetched. */
function boundedPage(rows: string, selected: string, maxBytes: number): string {
  return `SELECT ${selected} FROM (${rows}) p WHERE coalesce(p.bytes_before, 0) < ${whole(maxBytes)}`
}

async function readPage(
  client: ClientBase,
  sql: string,
  { limit, maxBytes }: { limit: number; maxBytes: number },
  name: string | undefined,
): Promise<Page> {
  const { rows, isCut } = await copyRows(client, sql, (row) => parseRecord(row, name))
  const isFull = pageBytes(rows) >= maxBytes
  return { records: rows, isLast: !isCut && !isFull && rows.length < limit }
}

export interface EventAddress {
  key: number
  revision: number
}

export async function readEventsAt(
  client: ClientBase,
  addresses: readonly EventAddress[],
): Promise<LogRecord[]> {
  const wanted = addresses
    .map(({ key, revision }, index) => `(${whole(key)}::bigint, ${whole(revision)}::bigint, ${index})`)
    .join(', ')
  const sql = boundedPage(
    `SELECT ${columns}, s.name, ${bytesBefore('w.ordinal')} ` +
      `FROM (VALUES ${wanted}) AS w (stream_key, revision, ordinal) ` +
      `JOIN eventlog.events e USING (stream_key, revision) JOIN eventlog.streams s USING (stream_key)`,
    `${pageColumns}, p.name`,
    largestPageBytes,
  )
  const { records, isLast } = await readPage(
    client,
    sql,
    { limit: Infinity, maxBytes: largestPageBytes },
    undefined,
  )
  if (isLast) return records
  const found = new Set(records.map(({ streamKey, revision }) => `${streamKey}@${revision}`))
  const rest = addresses.filter(({ key, revision }) => !found.has(`${key}@${revision}`))
  return records.length === 0 ? records : [...records, ...(await readEventsAt(client, rest))]
}

export async function readStreamRows(client: ClientBase, names: readonly string[]): Promise<StreamRow[]> {
  const { rows } = await client.query<StreamHeadRow>({
    name: 'stream-heads',
    text: streamHeads,
    values: [names],
  })
  return rows.map((row) => ({
    name: row.name,
    key: row.stream_key === null ? undefined : Number(row.stream_key),
    lastRevision: row.revision === null ? -1 : Number(row.revision),
    lastPosition: row.position === null ? 0 : Number(row.position),
    lastData: row.data ?? undefined,
  }))
}

interface StreamHeadRow {
  name: string
  stream_key: string | null
  revision: string | null
  position: string | null
  data: Buffer | null
}

const streamHeads = `
  SELECT n.name, s.stream_key, h.revision, h.position, CASE WHEN n.name LIKE '$$%' THEN h.data END AS data
  FROM unnest($1::text[]) AS n (name)
  LEFT JOIN eventlog.streams s ON s.name = n.name
  LEFT JOIN LATERAL (
    SELECT e.revision, e.position, e.data FROM eventlog.events e
    WHERE e.stream_key = s.stream_key ORDER BY e.revision DESC LIMIT 1
  ) h ON true`

interface StoredRow {
  id: string
  revision: string
  position: string
}

export async function readEventsWithIds(
  client: ClientBase,
  key: number,
  ids: readonly string[],
): Promise<StoredEvent[]> {
  const { rows } = await client.query<StoredRow>(
    'SELECT id, revision, position FROM eventlog.events WHERE stream_key = $1 AND id = ANY ($2::uuid[]) ORDER BY revision',
    [key, ids],
  )
  return rows.map(toStoredEvent)
}

export async function readIdsFrom(
  client: ClientBase,
  key: number,
  from: number,
  count: number,
): Promise<StoredEvent[]> {
  const { rows } = await client.query<StoredRow>(
    'SELECT id, revision, position FROM eventlog.events WHERE stream_key = $1 AND revision >= $2 ORDER BY revision LIMIT $3',
    [key, from, count],
  )
  return rows.map(toStoredEvent)
}

export async function readEnds(client: ClientBase): Promise<{ lastPosition: number; lastStreamKey: number }> {
  const { rows } = await client.query<{ position: string; key: string }>(
    `SELECT coalesce((SELECT max(position) FROM eventlog.events), 0) AS position,
            coalesce((SELECT max(stream_key) FROM eventlog.streams), 0) AS key`,
  )
  return { lastPosition: Number(rows[0]?.position ?? 0), lastStreamKey: Number(rows[0]?.key ?? 0) }
}

function toStoredEvent(row: StoredRow): StoredEvent {
  return {
    id: Buffer.from(row.id.replaceAll('-', ''), 'hex'),
    revision: Number(row.revision),
    position: Number(row.position),
  }
}

function parseRecord(row: BinaryRow, streamName: string | undefined): LogRecord {
  const position = row.bigint()
  const streamKey = row.bigint()
  const revision = row.bigint()
  const id = row.buffer()
  const type = row.text()
  const isJson = row.boolean()
  const createdMicros = row.bigint() + microsFrom1970To2000
  const data = row.buffer()
  const metadata = row.buffer()
  return {
    position,
    streamKey,
    streamName: streamName ?? row.text(),
    revision,
    id,
    type,
    isJson,
    createdMicros,
    data,
    metadata,
  }
}

/** Numbers enter the text of COPY statements, which take no parameters; bounds from clients may exceed a bigint. */
function whole(value: number): string {
  if (!Number.isInteger(value)) throw new Error(`${value} is not a whole number`)
  if (value >= 2 ** 63) return '9223372036854775807'
  return BigInt(value).toString()
}
