-- True from the recording of a statement that is sent within a transaction of a script until the COMMIT that would keep it is about to be sent:
-- when its executor is lost meanwhile, it is undone. What was recorded before is not known to be.
alter table record.execution_statements add column uncommitted boolean not null default false;
grant update (uncommitted) on record.execution_statements to portal_executor;
