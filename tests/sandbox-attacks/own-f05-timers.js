// id: own-f05-timers
// category: memory
// goal: millions of timers
// expect: kill
// outcome: failed
for (;;) setTimeout(() => {}, 1e9, new Array(100));
