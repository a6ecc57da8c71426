// id: own-f05-bigint
// category: memory
// goal: a number of gigabytes
// expect: RangeError or kill
// outcome: failed
let n = 1n << 1000n; for (;;) n = n * n;
