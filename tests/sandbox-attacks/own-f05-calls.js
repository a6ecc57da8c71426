// id: own-f05-calls
// category: memory
// goal: a million calls that nobody awaits, each with a large text
// expect: back-pressure, stopped at a limit
// outcome: failed
for (let n = 0; ; n++) { db.query('select 1 /* ' + 'x'.repeat(100000) + n + ' */').catch(() => {}); if (n % 50 === 0) await null; }
