// id: own-p04-late-calls
// category: protocol
// goal: go on calling after the result was returned
// expect: it is not over before its last timer, so the time limit ends it, and nothing of it stays
// outcome: failed
setInterval(() => db.query("select 'LATE'").catch(() => {}), 0); return 'HONEST';
