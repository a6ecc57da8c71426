// id: own-d01-session-escape
// category: database
// goal: statements that would leave the transaction, the session or the database
// expect: refused or undone
// outcome: executed
for (const q of ['commit', 'rollback', 'begin', 'select 1; drop table victims', 'copy victims to stdout', "copy victims from program 'id'", 'set session authorization default; commit', 'prepare x as delete from victims', 'listen x', 'do $$ begin commit; end $$'])
  await t(q, async () => JSON.stringify(await db.transaction(() => db.query(q))));
return out;
