import type { ClientBase } from 'pg'
import { arrayElement, BinaryArray } from './binaryArray.ts'
import type { LogRecord } from './logRecord.ts'

export interface NewStream {
  key: number
  name: string
}

export interface IdCheck {
  key: number
  id: Buffer
}

// One statement is one transaction and one fsync, however many appends it carries. When one of the checked ids is
// already there, nothing at all is written, and the group is formed again with that knowledge.
const insertGroup = `
  WITH repeated AS MATERIALIZED (
    SELECT 1 FROM unnest($1::bigint[], $2::uuid[]) AS c (stream_key, id)
    JOIN eventlog.events e USING (stream_key, id) LIMIT 1
  ), new_streams AS (
    INSERT INTO eventlog.streams (stream_key, name)
    SELECT n.key, n.name FROM unnest($3::bigint[], $4::text[]) AS n (key, name)
    WHERE NOT EXISTS (SELECT FROM repeated)
  )
  INSERT INTO eventlog.events (position, stream_key, revision, id, type, is_json, created, data, metadata)
  SELECT n.position, n.stream_key, n.revision, n.id, n.type, n.is_json,
         '1970-01-01Z'::timestamptz + interval '1 microsecond' * $6::bigint, n.data, n.metadata
  FROM (
    SELECT generate_series($5::bigint, $5::bigint + cardinality($7::bigint[]) - 1) AS position,
           unnest($7::bigint[]) AS stream_key, unnest($8::bigint[]) AS revision, unnest($9::uuid[]) AS id,
           unnest($10::text[]) AS type, unnest($11::boolean[]) AS is_json, unnest($12::bytea[]) AS data,
           unnest($13::bytea[]) AS metadata
  ) n
  WHERE NOT EXISTS (SELECT FROM repeated)`

// The most frequent group by far; without arrays and common table expressions PostgreSQL needs half the time for it.
const insertSingle = `
  INSERT INTO eventlog.events (position, stream_key, revision, id, type, is_json, created, data, metadata)
  SELECT $1::bigint, $2::bigint, $3::bigint, $4::uuid, $5::text, $6::boolean,
         '1970-01-01Z'::timestamptz + interval '1 microsecond' * $7::bigint, $8::bytea, $9::bytea
  WHERE NOT ($10::boolean AND EXISTS (SELECT FROM eventlog.events WHERE stream_key = $2::bigint AND id = $4::uuid))`

/** Writes the events, or nothing when one of the checked ids is already in its stream; true when written. */
export async function insertEvents(
  client: ClientBase,
  records: readonly LogRecord[],
  newStreams: readonly NewStream[],
  checks: readonly IdCheck[],
): Promise<boolean> {
  const first = records[0]
  if (!first) return true
  if (isSingle(first, records, newStreams, checks)) return insertOne(client, first, checks.length > 0)
  const checkKeys = new BinaryArray(arrayElement.bigint)
  const checkIds = new BinaryArray(arrayElement.uuid)
  for (const check of checks) {
    checkKeys.bigint(check.key)
    checkIds.bytes(check.id)
  }
  const newKeys = new BinaryArray(arrayElement.bigint)
  const newNames = new BinaryArray(arrayElement.text)
  for (const stream of newStreams) {
    newKeys.bigint(stream.key)
    newNames.text(stream.name)
  }
  const result = await client.query({
    name: 'insert-group',
    text: insertGroup,
    values: [
      checkKeys.finish(),
      checkIds.finish(),
      newKeys.finish(),
      newNames.finish(),
      first.position,
      first.createdMicros,
      ...eventColumns(records),
    ],
  })
  return result.rowCount === records.length
}

/** One event for a stream that exists; the revision of a tombstone is beyond what a number can say exactly. */
function isSingle(
  first: LogRecord,
  records: readonly LogRecord[],
  newStreams: readonly NewStream[],
  checks: readonly IdCheck[],
): boolean {
  return (
    records.length === 1 &&
    newStreams.length === 0 &&
    Number.isSafeInteger(first.revision) &&
    checks.every(({ key, id }) => key === first.streamKey && id.equals(first.id))
  )
}

async function insertOne(client: ClientBase, record: LogRecord, isChecked: boolean): Promise<boolean> {
  const result = await client.query({
    name: 'insert-single',
    text: insertSingle,
    values: [
      record.position,
      record.streamKey,
      record.revision,
      record.id,
      record.type,
      record.isJson,
      record.createdMicros,
      record.data,
      record.metadata,
      isChecked,
    ],
  })
  return result.rowCount === 1
}

function eventColumns(records: readonly LogRecord[]): Buffer[] {
  const contentBytes = records.reduce((sum, record) => sum + record.data.length + 4, 0)
  const keys = new BinaryArray(arrayElement.bigint, records.length * 12)
  const revisions = new BinaryArray(arrayElement.bigint, records.length * 12)
  const ids = new BinaryArray(arrayElement.uuid, records.length * 20)
  const types = new BinaryArray(arrayElement.text)
  const areJson = new BinaryArray(arrayElement.boolean, records.length * 5)
  const data = new BinaryArray(arrayElement.bytea, contentBytes)
  const metadata = new BinaryArray(arrayElement.bytea)
  for (const record of records) {
    keys.bigint(record.streamKey)
    revisions.bigint(record.revision)
    ids.bytes(record.id)
    types.text(record.type)
    areJson.boolean(record.isJson)
    data.bytes(record.data)
    metadata.bytes(record.metadata)
  }
  return [keys, revisions, ids, types, areJson, data, metadata].map((column) => column.finish())
}
