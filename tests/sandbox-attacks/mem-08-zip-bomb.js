// id: mem-08-zip-bomb
// category: memory
// goal: decompression bombs with node:zlib and DecompressionStream
// expect: capped
const z = await node('zlib'); const big = globalThis.Buffer ? globalThis.Buffer.alloc(32 << 20) : new Uint8Array(32 << 20); const packed = z.gzipSync(big); const keep = []; let mb = 0;
try { for (; mb < 3000; mb += 32) keep.push(z.gunzipSync(packed)); } catch (e) { return 'stopped at ' + mb + ': ' + e.message; }
return 'inflated ' + mb + ' MB from ' + packed.length + ' B';
