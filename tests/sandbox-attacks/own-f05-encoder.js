// id: own-f05-encoder
// category: memory
// goal: TextEncoder output kept, off-heap
// expect: RangeError or kill
// outcome: failed
const kept = [], e = new TextEncoder(), s = 'x'.repeat(8e6);
for (;;) kept.push(e.encode(s));
