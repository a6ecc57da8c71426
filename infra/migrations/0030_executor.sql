-- What an executor is about to send to a target, written before it is sent, so that it is known after a kill -9 too.
-- A row goes when the statement stands in the events. Written with synchronous_commit off: it must outlive the executor, not this server.
create table record.execution_statements (
  execution_id uuid not null,
  ordinal integer not null,
  text text not null,
  parameters text,
  sent_at timestamptz not null default now(),
  primary key (execution_id, ordinal)
);
grant select, insert, delete on record.execution_statements to portal_executor;
