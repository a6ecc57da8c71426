import type { ClientBase } from 'pg'

/** Numbered steps that are never edited once released; a database with a higher number belongs to newer code. */
const migrations: readonly string[] = [
  `
  CREATE TABLE eventlog.streams (
    stream_key bigint PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE
  );
  CREATE TABLE eventlog.events (
    position bigint PRIMARY KEY,
    stream_key bigint NOT NULL,
    revision bigint NOT NULL,
    id uuid NOT NULL,
    type text COLLATE "C" NOT NULL,
    is_json boolean NOT NULL,
    created timestamptz NOT NULL,
    data bytea NOT NULL,
    metadata bytea NOT NULL
  );
  CREATE UNIQUE INDEX events_by_stream ON eventlog.events (stream_key, revision);
  CREATE INDEX events_by_id ON eventlog.events (stream_key, id);

  CREATE FUNCTION eventlog.json_or_null(content bytea) RETURNS jsonb
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
  BEGIN
    RETURN convert_from(content, 'UTF8')::jsonb;
  EXCEPTION WHEN others THEN
    RETURN NULL;
  END $$;

  CREATE VIEW eventlog.events_readable AS
  SELECT e.position, s.name AS stream, e.revision, e.id, e.type, e.created,
         CASE WHEN e.is_json THEN eventlog.json_or_null(e.data) END AS data,
         eventlog.json_or_null(e.metadata) AS metadata,
         e.is_json, e.data AS data_bytes, e.metadata AS metadata_bytes
  FROM eventlog.events e JOIN eventlog.streams s USING (stream_key);

  CREATE VIEW eventlog.streams_readable AS
  SELECT s.name AS stream, e.last_revision, e.last_position, e.last_type, e.last_created,
         e.last_type = '$streamDeleted' AS is_deleted
  FROM eventlog.streams s
  CROSS JOIN LATERAL (
    SELECT revision AS last_revision, position AS last_position, type AS last_type, created AS last_created
    FROM eventlog.events WHERE stream_key = s.stream_key ORDER BY revision DESC LIMIT 1
  ) e;

  COMMENT ON VIEW eventlog.events_readable IS 'The log, one row per event, data and metadata as JSON where they are JSON';
  COMMENT ON VIEW eventlog.streams_readable IS 'One row per stream with its last event';
  `,
]

export const schemaVersion = migrations.length

export async function migrate(client: ClientBase): Promise<void> {
  await createVersionTable(client)
  const { rows } = await client.query<{ version: number }>('SELECT version FROM eventlog.schema_version')
  const current = rows[0]?.version ?? 0
  if (current > schemaVersion) {
    throw new Error(
      `The event log in this database has schema version ${current}; this program knows up to ${schemaVersion}. ` +
        'It was written by a newer version: start that one.',
    )
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < current) continue
    await client.query('BEGIN')
    await client.query(sql)
    await client.query('DELETE FROM eventlog.schema_version')
    await client.query('INSERT INTO eventlog.schema_version VALUES ($1)', [index + 1])
    await client.query('COMMIT')
  }
}

async function createVersionTable(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ exists: boolean }>(
    "SELECT to_regclass('eventlog.schema_version') IS NOT NULL AS exists",
  )
  if (rows[0]?.exists) return
  await client.query('CREATE SCHEMA IF NOT EXISTS eventlog')
  await client.query('CREATE TABLE eventlog.schema_version (version integer NOT NULL)')
}
