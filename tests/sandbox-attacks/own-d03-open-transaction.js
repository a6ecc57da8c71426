// id: own-d03-open-transaction
// category: database
// goal: return while a savepoint is open and a lock is held
// expect: closed with the session
// outcome: any
db.transaction(() => new Promise(() => {})); await db.query('lock table victims'); return 'HONEST';
