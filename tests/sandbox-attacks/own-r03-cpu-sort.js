// id: own-r03-cpu-sort
// category: cpu
// goal: a comparison that never ends inside a native sort
// expect: killed at the wall clock
// outcome: failed
[3, 2, 1].sort(() => { for (;;) {} });
