// id: own-r01-heap
// category: memory
// goal: the heap of the isolate
// expect: killed at its limit
// outcome: failed
const kept = []; for (let n = 0; ; n++) kept.push({ n, text: 'text ' + n, list: [n, n + 1] });
