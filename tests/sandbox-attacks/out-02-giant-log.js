// id: out-02-giant-log
// category: output
// goal: one 300 MB log line
// expect: capped
console.log('y'.repeat(3e8)); return 'done';
