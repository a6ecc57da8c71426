// id: mem-18-flag-then-heap
// category: memory
// goal: raise the heap limit with v8.setFlagsFromString, then fill the heap
// expect: still dies at the original limit
const v8 = await node('v8'); try { v8.setFlagsFromString('--max-old-space-size=8192'); v8.setFlagsFromString('--max-heap-size=8192'); } catch {} const keep = []; for (let i = 0; i < 3e7; i++) keep.push({ i, a: [i, i, i] }); return 'no limit ' + keep.length;
