// id: own-p06-many-faults
// category: protocol
// goal: statements that are no statements, by the thousand
// expect: answered or refused one by one
// outcome: failed
for (let n = 0; n < 1e5; n++) await db.query('x'.repeat(2e6)).catch(() => {}); return 'end';
