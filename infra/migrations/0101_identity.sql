-- Which event set a password: what an event brings about beside itself is written once, and never by an older event over a newer one.
alter table record.user_credentials add column revision bigint not null default -1;
alter table record.target_credentials add column revision bigint not null default -1;
grant select (revision) on record.target_credentials to portal_command;

-- A session: the one place that says whether it goes on. Access tokens are asked for here too, by both services that take them.
create table record.sessions (
  session_id uuid primary key,
  user_id uuid not null,
  started_at timestamptz not null,
  ended_at timestamptz
);
create index on record.sessions (user_id);
insert into record.sessions (session_id, user_id, started_at, ended_at)
select session_id, (array_agg(user_id))[1], min(session_started_at), max(revoked_at)
from record.refresh_tokens group by session_id;
grant select, insert, update, delete on record.sessions to portal_command;
grant select on record.sessions to portal_query;

-- What an Idempotency-Key was used for: the same key with another method, path or body is refused, on every route.
create table record.idempotency_keys (
  user_id uuid not null,
  key text not null,
  fingerprint text not null,
  used_at timestamptz not null default now(),
  primary key (user_id, key)
);
create index on record.idempotency_keys (used_at);
grant select, insert, update, delete on record.idempotency_keys to portal_command;

-- From where somebody has signed in before: there they may still, while strangers have used up the attempts at their account.
create table record.known_addresses (
  user_id uuid not null,
  address text not null,
  last_success_at timestamptz not null default now(),
  primary key (user_id, address)
);
grant select, insert, update, delete on record.known_addresses to portal_command;

-- Bounds a person: what they have pending, and how often they may do what costs others something.
create table record.pending_requests (
  request_id uuid primary key,
  user_id uuid not null,
  submitted_at timestamptz not null default now()
);
create index on record.pending_requests (user_id);
grant select, insert, update, delete on record.pending_requests to portal_command;
create table record.throttles (
  key text primary key,
  points integer not null,
  expire bigint
);
grant select, insert, update, delete on record.throttles to portal_command;
