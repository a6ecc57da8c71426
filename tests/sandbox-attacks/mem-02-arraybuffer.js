// id: mem-02-arraybuffer
// category: memory
// goal: off-heap ArrayBuffers (not covered by the V8 heap limit)
// expect: RangeError or kill before the memory cap
const keep = []; let mb = 0; try { for (; mb < 3000; mb += 16) keep.push(new Uint8Array(16 << 20).fill(7)); } catch (e) { return 'stopped at ' + mb + ' MB: ' + e.message; }
return 'got ' + mb + ' MB ' + keep.length;
