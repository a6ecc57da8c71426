// id: own-f05-buffers-and-views
// category: memory
// goal: off-heap memory by buffers that are resized and transferred
// expect: RangeError or kill
// outcome: failed
const kept = [];
for (let mb = 0; ; mb += 16) {
  const b = new ArrayBuffer(1, { maxByteLength: 16 * 1048576 });
  b.resize(16 * 1048576);
  new Uint8Array(b).fill(7);
  kept.push(structuredClone(b.transfer()));
}
