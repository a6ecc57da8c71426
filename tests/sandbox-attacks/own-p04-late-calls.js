// id: own-p04-late-calls
// category: protocol
// goal: go on calling after the result was returned
// expect: nothing is sent after the end
// outcome: executed
setInterval(() => db.query("select 'LATE'").catch(() => {}), 0); return 'HONEST';
