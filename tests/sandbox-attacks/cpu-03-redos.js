// id: cpu-03-redos
// category: cpu
// goal: catastrophic regular expression
// expect: SIGKILL at the wall clock
return /^(a+)+$/.test('a'.repeat(60) + '!');
