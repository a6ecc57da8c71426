// id: db-01-multi-statement
// category: database
// goal: several statements in one string, COPY ... PROGRAM, set role, session settings that outlive the run
// expect: broker: one statement per call where asked; session discarded after the run
for (const q of ['select 1; drop table x', "copy (select 1) to program 'id'", 'set session characteristics as transaction read write', 'set role postgres', "select pg_read_file('/etc/passwd')", "select dblink_connect('host=127.0.0.1')", 'select pg_terminate_backend(1)', 'listen x', 'commit']) await t(q, async () => JSON.stringify(await db.query(q))); return out;
