-- Approvals and connection tests that no executor has begun, as the executors' own reading of the log finds them. The persistent
-- subscription only makes it fast: what it never delivers is found here.
create table record.waiting_work (
  work_key text primary key,
  event_id uuid not null,
  stream text not null,
  -- This server's clock: that of the event store is not compared with it.
  seen_at timestamptz not null default now(),
  tried_at timestamptz,
  trouble text
);
create index on record.waiting_work (seen_at);
grant select, insert, update, delete on record.waiting_work to portal_executor;

-- How far that reading has come, and who reads: one executor at a time. The id proves that a position belongs to this event store.
create table record.work_reading (
  only_row boolean primary key default true check (only_row),
  reader text not null default '',
  expires_at timestamptz not null default '-infinity',
  event_id uuid,
  event_position numeric(20) check ((event_position is null) = (event_id is null)),
  passed_position numeric(20)
);
insert into record.work_reading default values;
grant select, update on record.work_reading to portal_executor;
