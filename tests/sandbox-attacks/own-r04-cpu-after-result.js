// id: own-r04-cpu-after-result
// category: cpu
// goal: return, then spin before the frame can be written
// expect: the frame or the kill, never both
// outcome: any
queueMicrotask(() => { for (;;) {} }); return 'HONEST';
