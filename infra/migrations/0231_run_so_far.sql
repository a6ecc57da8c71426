-- What the statements of a run that goes on have answered, so that it outlives the executor. Rows go when the outcome is told.
-- Written with synchronous_commit off, like record.execution_statements.
create table record.running_statements (
  execution_id uuid not null,
  ordinal integer not null,
  head text not null,
  primary key (execution_id, ordinal)
);
create table record.running_rows (
  execution_id uuid not null,
  statement integer not null,
  first_row integer not null,
  row_count integer not null,
  rows text not null,
  primary key (execution_id, statement, first_row)
);
grant select, insert, update, delete on record.running_statements, record.running_rows to portal_executor;
