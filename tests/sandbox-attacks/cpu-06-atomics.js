// id: cpu-06-atomics
// category: cpu
// goal: block the thread in Atomics.wait
// expect: SIGKILL at the wall clock
Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0); return 'woke';
