-- Data of record: what must not be in events. Everything else can be rebuilt from them.
-- The roles portal_command, portal_query, portal_projector and portal_executor exist before the first migration runs.

create schema record;
grant usage on schema record to portal_command, portal_query, portal_executor;

-- One row a user; the e-mail address in its canonical form keeps accounts unique.
create table record.user_credentials (
  user_id uuid primary key,
  email text not null unique,
  password_hash text not null,
  updated_at timestamptz not null default now()
);
grant select, insert, update, delete on record.user_credentials to portal_command;

-- Refresh tokens, as SHA-256 of the token. A session is the family of tokens that follow one login.
create table record.refresh_tokens (
  token_sha256 bytea primary key,
  session_id uuid not null,
  user_id uuid not null,
  issued_at timestamptz not null,
  session_started_at timestamptz not null,
  used_at timestamptz,
  successor_sha256 bytea,
  revoked_at timestamptz
);
create index on record.refresh_tokens (session_id);
create index on record.refresh_tokens (user_id);
grant select, insert, update, delete on record.refresh_tokens to portal_command;

-- Throttling of logins by account and by address; it survives a restart.
create table record.login_attempts (
  key text primary key,
  points integer not null,
  expire bigint
);
grant select, insert, update, delete on record.login_attempts to portal_command;

-- What each user has read of their notifications: everything up to this log position.
create table record.notification_reads (
  user_id uuid primary key,
  read_up_to bigint not null
);
grant select, insert, update on record.notification_reads to portal_command;
grant select on record.notification_reads to portal_query;

-- Credentials of targets: AES-256-GCM, bound to the instance. Written by the command service, read by the executor alone.
create table record.target_credentials (
  instance_id uuid primary key,
  key_id text not null,
  ciphertext text not null,
  updated_at timestamptz not null default now()
);
grant select (instance_id, key_id), insert, update, delete on record.target_credentials to portal_command;
grant select on record.target_credentials to portal_executor;

-- Stored results. sha256 is over every stored row in order, each as one line of JSON, and then the head as one line of JSON.
create table record.results (
  result_id uuid primary key,
  request_id uuid not null,
  execution_id uuid not null unique,
  sha256 text not null,
  head text not null,
  stored_at timestamptz not null default now()
);
create index on record.results (request_id);
-- Rows of one statement in chunks: row_count rows from first_row on; rows holds one JSON array a line.
create table record.result_rows (
  result_id uuid not null,
  statement integer not null,
  first_row integer not null,
  row_count integer not null,
  rows text not null,
  primary key (result_id, statement, first_row)
);
grant select on record.results, record.result_rows to portal_query;
grant select, insert, delete on record.results, record.result_rows to portal_executor;

-- Who runs what: a lease is renewed while a run goes on; one that has run out marks an executor that is gone.
create table record.execution_leases (
  execution_id uuid primary key,
  request_id uuid not null,
  executor_id text not null,
  renewed_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index on record.execution_leases (expires_at);
grant select, insert, update, delete on record.execution_leases to portal_executor;
