// id: own-f05-strings
// category: memory
// goal: external strings and huge joins
// expect: kill or RangeError
// outcome: failed
const kept = [];
for (;;) kept.push(JSON.stringify('x'.repeat(5e6)) + kept.length);
