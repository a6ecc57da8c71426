-- The hash of a password that an event is about to set: in force as soon as an event of this id is in the log, and not before.
create table record.prepared_passwords (
  event_id uuid primary key,
  user_id uuid not null,
  password_hash text not null,
  kept_session_id uuid,
  prepared_at timestamptz not null default now()
);
create index on record.prepared_passwords (user_id);
create index on record.prepared_passwords (prepared_at);
grant select, insert, update, delete on record.prepared_passwords to portal_command;
