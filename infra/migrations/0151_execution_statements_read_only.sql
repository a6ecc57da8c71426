-- Whether a statement was sent in a way in which it can't write; what was recorded before counts as a write.
alter table record.execution_statements add column read_only boolean not null default false;
