-- Read models. The file names no schema: it runs under the search_path of the schema that is being built (read, read_next).
-- Whatever is here can be dropped and made again from the events.

-- How far these tables have come. Each build has its own generation, so that a projector notices when another one took its place.
create table checkpoint (
  only_one boolean primary key default true check (only_one),
  generation uuid not null default gen_random_uuid(),
  version integer not null,
  position bigint not null
);

create table users (
  id uuid primary key,
  email text not null,
  name text not null,
  role text not null,
  active boolean not null,
  demo boolean not null,
  -- Who gave the account, its role and its password, and who has answered for it, one after the other: domain's Identity.
  account_history jsonb not null,
  registered_at timestamptz not null,
  last_login_at timestamptz,
  revision bigint not null
);

create table pods (
  id text primary key,
  name text not null,
  manager_id uuid,
  deputy_ids uuid[] not null default '{}',
  -- Who put each of them in charge: domain's Pod.memberships.
  memberships jsonb not null default '{}',
  revision bigint not null
);

create table instances (
  id uuid primary key,
  name text not null,
  engine text not null,
  environment text not null,
  endpoint jsonb not null,
  databases text[] not null,
  username text not null,
  -- Revision of the last event that changed where or as whom it connects: domain's Instance.connectionRevision.
  connection_revision bigint not null,
  retired boolean not null default false,
  password_set_at timestamptz,
  last_test jsonb,
  revision bigint not null
);

-- number counts submissions in log order. search is what GET /api/requests?q= looks in, in lower case.
create table requests (
  id uuid primary key,
  number bigint not null unique,
  status text not null,
  kind text not null,
  requester_id uuid not null,
  pod_id text not null,
  instance_id uuid not null,
  instance_revision bigint not null,
  -- What the instance was at submission; null when no event tells it.
  submitted_environment text,
  engine text not null,
  username text not null,
  database text not null,
  title text not null,
  comment text not null,
  ticket text,
  content text not null,
  content_hash text not null,
  content_bytes integer not null,
  file_name text,
  transaction_mode text not null,
  limits jsonb not null,
  resubmission_of uuid,
  decision jsonb,
  execution jsonb,
  settlement jsonb,
  submitted_at timestamptz not null,
  decided_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz not null,
  updated_position bigint not null,
  revision bigint not null,
  search text not null
);
create index on requests (requester_id, number);
create index on requests (pod_id, number);
create index on requests (status, number);
create index on requests (updated_position);
create index on requests (submitted_at);
create index on requests (decided_at);
create index on requests (finished_at);

create table notifications (
  recipient_id uuid not null,
  position bigint not null,
  type text not null,
  request_id uuid not null,
  text text not null,
  by jsonb,
  at timestamptz not null,
  primary key (recipient_id, position)
);
create index on notifications (position);

-- One row an event, written once.
create table audit (
  position bigint primary key,
  event_id uuid not null unique,
  type text not null,
  category text not null,
  subject_id text not null,
  subject text not null,
  revision bigint not null,
  actor jsonb not null,
  actor_id uuid,
  at timestamptz not null,
  stored_at timestamptz not null,
  summary text not null,
  correlation_id text not null,
  source_address text,
  data jsonb not null,
  search text not null
);
create index on audit (subject_id, position);
create index on audit (actor_id, position);
create index on audit (type, position);
create index on audit (category, position);
create index on audit (at);

-- Events that change nothing, and have no line in audit: an id that was there before, or what was told of a run that had ended.
create table ignored_events (
  position bigint primary key,
  event_id uuid not null,
  type text not null,
  stream text not null,
  revision bigint not null,
  reason text not null check (reason in ('repeated', 'after-end')),
  at timestamptz not null,
  stored_at timestamptz not null
);
create index on ignored_events (stream);
