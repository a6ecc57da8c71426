// id: own-p05-many-logs
// category: output
// goal: a million log lines
// expect: cut, the run goes on
// outcome: any
for (let n = 0; n < 1e6; n++) console.log('line ' + n); return 'HONEST';
